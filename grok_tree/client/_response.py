"""The handle of one response."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Unpack, overload

from grok_tree.client._attaching import attached_answer
from grok_tree.client._fields import ResponseFields
from grok_tree.client._options import SamplingOptions, options_after
from grok_tree.client._remote import Remote
from grok_tree.client._sampling import Sampling, SamplingGroup
from grok_tree.client._turns import Turn
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Forest,
    MarkChange,
    Origin,
    ResponseId,
    TokenLogprob,
    fork_parent,
    resample_parent,
    resume_parent,
)
from grok_tree.forest import Response as ResponseValue

if TYPE_CHECKING:
    from grok_tree.client._conversation import Conversation


class Response(ResponseFields):
    """One response of a conversation; there is one handle an id, which always shows the newest.

    Its fields are read without a call; what needs the server is a method.
    """

    def __init__(self, conversation: Conversation, response_id: ResponseId) -> None:
        """Conversations make these."""
        self._conversation = conversation
        self._id = response_id

    @property
    def response_id(self) -> ResponseId:
        """The id."""
        return self._id

    @property
    def value(self) -> ResponseValue:
        """Everything that is known of the response, as one immutable value."""
        return self._conversation._cache.response(self._id)

    @property
    def conversation(self) -> Conversation:
        """The conversation it belongs to."""
        return self._conversation

    @property
    def forest(self) -> Forest:
        """The snapshot of its conversation, with everything that is known."""
        return self._conversation.forest

    @property
    def parent_response(self) -> Response | None:
        """What it answers; None for a root.

        Raises:
            ResponseNotFound: The parent was not loaded; refresh() the conversation.
        """
        parent = self.parent_response_id
        return None if parent is None else self._conversation.get_response(parent)

    @property
    def children(self) -> list[Response]:
        """The responses that answer it, in order of creation."""
        return self._conversation.get_children(self._id)

    @property
    def siblings(self) -> list[Response]:
        """The other responses with the same parent, in order of creation."""
        self._conversation._check_usable()
        return self._conversation._handles(self._conversation.forest.siblings(self._id).ids)

    @property
    def path(self) -> list[Response]:
        """The responses from the root to this one."""
        self._conversation._check_usable()
        return self._conversation._handles(self._conversation.forest.path(self._id).ids)

    def resample(self, **options: Unpack[SamplingOptions]) -> Sampling:
        """Sample a sibling of this model's response.

        Raises:
            InvalidOperationError: It was not written by a model, or is a root.
        """
        origin = Origin(kind="resampled", of=self._id)
        turn = Turn("", resample_parent(self.value), origin, 1, options)
        return self._conversation._sampling(turn)

    def resample_many(self, n: int, **options: Unpack[SamplingOptions]) -> SamplingGroup:
        """Sample n siblings of this model's response from one prompt.

        Raises:
            InvalidOperationError: It was not written by a model, is a root, or n is out of range.
        """
        origin = Origin(kind="resampled", of=self._id)
        turn = Turn("", resample_parent(self.value), origin, n, options)
        return self._conversation._sampling_group(turn)

    def replace(self, text: str, **options: Unpack[SamplingOptions]) -> Sampling:
        """Say something else in this place, as a sibling; the original stays.

        In the place of a human response, the new one is answered by the model; in the place of a
        model's, the text is stored as it is and nothing is sampled.
        """
        origin = Origin(kind="replaced", of=self._id)
        return self._conversation._replacement(self.value, text, origin, options)

    def resume(self, **options: Unpack[SamplingOptions]) -> Sampling:
        """Continue this partial answer by a sibling that begins with its text.

        It is asked with this one's model, settings and seed, unless the options say otherwise.
        The text that is there comes as the first token.

        Raises:
            InvalidOperationError: It was not written by a model, is complete, or is a root.
        """
        origin = Origin(kind="resumed", of=self._id)
        asked = options_after(self.value, options)
        turn = Turn("", resume_parent(self.value), origin, 1, asked)
        return self._conversation._sampling(turn)

    @overload
    def fork_at(
        self,
        place: int | TokenLogprob,
        text: str = "",
        *,
        n: None = None,
        **options: Unpack[SamplingOptions],
    ) -> Sampling: ...
    @overload
    def fork_at(
        self,
        place: int | TokenLogprob,
        text: str = "",
        *,
        n: int,
        **options: Unpack[SamplingOptions],
    ) -> SamplingGroup: ...
    def fork_at(
        self,
        place: int | TokenLogprob,
        text: str = "",
        *,
        n: int | None = None,
        **options: Unpack[SamplingOptions],
    ) -> Sampling | SamplingGroup:
        """Keep this answer up to a place, force other words, and sample on, as a sibling.

        What is kept stays as it is, to the byte. It is asked with this one's model and settings,
        but not with its seed, unless the options say otherwise. The text that is there comes as
        the first token.

        Args:
            place: How many characters are kept; or a token of `logprobs`, which is not kept.
            text: What stands there instead; empty to let the model choose.
            n: Number of siblings, whose handle is that of a group; None for one alone.
            options: See `SamplingOptions`.

        Raises:
            InvalidOperationError: It was not written by a model, is shorter, or is a root.
            SamplerRefused: The model cannot continue a beginning; the message says which can.
        """
        offset = place.offset if isinstance(place, TokenLogprob) else place
        origin = Origin(kind="forked", of=self._id, offset=offset, forced=text)
        asked = options_after(self.value, {"seed": None, **options})
        turn = Turn("", fork_parent(self.value, offset), origin, n or 1, asked)
        if n is None:
            return self._conversation._sampling(turn)
        return self._conversation._sampling_group(turn)

    async def add_tool_results(self, results: Mapping[str, str]) -> Response:
        """Store what tools gave for this answer's calls, one response each, below it.

        The last one becomes the leaf, so ``add_response("")`` samples what the model makes of it.

        Args:
            results: Call id to result.

        Returns:
            The last one.

        Raises:
            InvalidOperationError: This answer made no such call, or there are no results.
        """
        return await self._conversation._add_tool_results(self.value, results)

    def reply(self, text: str, **options: Unpack[SamplingOptions]) -> Sampling:
        """Add a human response below this one and sample the answer."""
        return self._conversation.add_response(text, parent=self._id, **options)

    def attach(self, *, timeout: float | None = None) -> Sampling:
        """Follow how this answer grows, whoever asked for it; one that has ended comes at once.

        Leaving it leaves the model to its other readers; `cancel` stops it for all.

        Args:
            timeout: Seconds until following fails; None for the client's, or an hour.
        """
        return Sampling(attached_answer(self._conversation, self._id, timeout))

    def select(self) -> Awaitable[None]:
        """Make this the leaf, where the next turn attaches.

        Holds here at once; await the result to know that the server has stored it.
        """
        return self._conversation.set_leaf_response_id(self._id)

    async def star(self) -> None:
        """Star it."""
        await self._mark(MarkChange(starred=True))

    async def unstar(self) -> None:
        """Take its star away."""
        await self._mark(MarkChange(starred=False))

    async def tag(self, *tags: str) -> None:
        """Add tags."""
        await self._mark(MarkChange(add_tags=tags))

    async def untag(self, *tags: str) -> None:
        """Take tags away; those it does not have are ignored."""
        await self._mark(MarkChange(remove_tags=tags))

    async def note(self, text: str) -> None:
        """Set its note; empty text removes it."""
        await self._mark(MarkChange(note=text))

    async def score(
        self, name: str | None = None, value: float | None = None, /, **scores: float
    ) -> None:
        """Set scores by name: ``score("helpful", 0.8)`` or ``score(helpful=0.8, short=1)``."""
        await self._mark(MarkChange(scores=_scores(name, value, scores)))

    async def share(self) -> str:
        """Publish the path that ends here and return the address of its page."""
        return (await self._remote.share(self._id)).url

    async def unshare(self) -> int:
        """Take back every share of this response; return how many there were."""
        return await self._remote.unshare(self._id)

    async def delete(self) -> int:
        """Hide it and everything below until it is restored; return how many were hidden."""
        return await self._remote.delete_response(self._id)

    async def restore(self) -> int:
        """Undo its deletion; return how many are visible again."""
        return await self._remote.restore_response(self._id)

    async def purge(self) -> int:
        """Remove the contents of this deleted response, and of all below it, for good.

        Where they stood stays; backups made before keep what they hold.

        Returns:
            How many responses were emptied.

        Raises:
            InvalidOperationError: It is not deleted, or something below it is being sampled.
        """
        return await self._remote.purge_response(self._id)

    async def refresh(self) -> None:
        """Ask the server for its newest state."""
        await self._conversation.fetch_response(self._id)

    async def logprobs(self) -> list[TokenLogprob]:
        """Return the log-probability of each token, empty if none were asked for."""
        self._conversation._check_usable()
        return list(await self._conversation._beside.load(self.value))

    @property
    def _remote(self) -> Remote:
        return self._conversation._usable()

    async def _mark(self, change: MarkChange) -> None:
        await self._remote.mark(self._id, change)

    def _repr_html_(self) -> str:
        return self.value._repr_html_()


def _scores(name: str | None, value: float | None, scores: dict[str, float]) -> dict[str, float]:
    if (name is None) != (value is None):
        raise InvalidOperationError("a score needs its name and its value, as in score('good', 1)")
    return scores if name is None or value is None else {name: value, **scores}
