"""The blocking twin of the handle of one response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack, overload

from grok_tree.client._fields import ResponseFields
from grok_tree.client._options import SamplingOptions
from grok_tree.client._response import Response
from grok_tree.client._sync_sampling import SyncSampling, SyncSamplingGroup
from grok_tree.forest import Forest, ResponseId, TokenLogprob
from grok_tree.forest import Response as ResponseValue

if TYPE_CHECKING:
    from grok_tree.client._sync_conversation import SyncConversation


class SyncResponse(ResponseFields):
    """One response of a conversation; there is one handle an id, which always shows the newest.

    Its fields are read without a call; what needs the server is a method.
    """

    def __init__(self, conversation: SyncConversation, response: Response) -> None:
        """Conversations make these."""
        self._conversation = conversation
        self._response = response
        self._run = conversation._portal.run

    @property
    def response_id(self) -> ResponseId:
        """The id."""
        return self._response.response_id

    @property
    def value(self) -> ResponseValue:
        """Everything that is known of the response, as one immutable value."""
        return self._response.value

    @property
    def conversation(self) -> SyncConversation:
        """The conversation it belongs to."""
        return self._conversation

    @property
    def forest(self) -> Forest:
        """The snapshot of its conversation, with everything that is known."""
        return self._conversation.forest

    @property
    def parent_response(self) -> SyncResponse | None:
        """What it answers; None for a root.

        Raises:
            ResponseNotFound: The parent was not loaded; refresh() the conversation.
        """
        parent = self._response.parent_response
        return None if parent is None else self._conversation._wrap(parent)

    @property
    def children(self) -> list[SyncResponse]:
        """The responses that answer it, in order of creation."""
        return self._conversation._wrap_all(self._response.children)

    @property
    def siblings(self) -> list[SyncResponse]:
        """The other responses with the same parent, in order of creation."""
        return self._conversation._wrap_all(self._response.siblings)

    @property
    def path(self) -> list[SyncResponse]:
        """The responses from the root to this one."""
        return self._conversation._wrap_all(self._response.path)

    def resample(self, **options: Unpack[SamplingOptions]) -> SyncSampling:
        """Sample a sibling of this model's response.

        Raises:
            InvalidOperationError: It was not written by a model, or is a root.
        """
        return self._conversation._sync_sampling(self._response.resample(**options))

    def resample_many(self, n: int, **options: Unpack[SamplingOptions]) -> SyncSamplingGroup:
        """Sample n siblings of this model's response from one prompt.

        Raises:
            InvalidOperationError: It was not written by a model, is a root, or n is out of range.
        """
        return self._conversation._sync_group(self._response.resample_many(n, **options))

    def replace(self, text: str, **options: Unpack[SamplingOptions]) -> SyncSampling:
        """Say something else in this place, as a sibling; the original stays.

        In the place of a human response, the new one is answered by the model; in the place of a
        model's, the text is stored as it is and nothing is sampled.
        """
        return self._conversation._sync_sampling(self._response.replace(text, **options))

    def resume(self, **options: Unpack[SamplingOptions]) -> SyncSampling:
        """Continue this partial answer by a sibling that begins with its text.

        It is asked with this one's model, settings and seed, unless the options say otherwise.
        The text that is there comes as the first token.

        Raises:
            InvalidOperationError: It was not written by a model, is complete, or is a root.
        """
        return self._conversation._sync_sampling(self._response.resume(**options))

    @overload
    def fork_at(
        self,
        place: int | TokenLogprob,
        text: str = "",
        *,
        n: None = None,
        **options: Unpack[SamplingOptions],
    ) -> SyncSampling: ...
    @overload
    def fork_at(
        self,
        place: int | TokenLogprob,
        text: str = "",
        *,
        n: int,
        **options: Unpack[SamplingOptions],
    ) -> SyncSamplingGroup: ...
    def fork_at(
        self,
        place: int | TokenLogprob,
        text: str = "",
        *,
        n: int | None = None,
        **options: Unpack[SamplingOptions],
    ) -> SyncSampling | SyncSamplingGroup:
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
        if n is None:
            one = self._response.fork_at(place, text, **options)
            return self._conversation._sync_sampling(one)
        group = self._response.fork_at(place, text, n=n, **options)
        return self._conversation._sync_group(group)

    def add_tool_results(self, results: Mapping[str, str]) -> SyncResponse:
        """Store what tools gave for this answer's calls, one response each, below it.

        The last one becomes the leaf, so ``add_response("")`` samples what the model makes of it.

        Args:
            results: Call id to result.

        Returns:
            The last one.

        Raises:
            InvalidOperationError: This answer made no such call, or there are no results.
        """
        return self._conversation._wrap(self._run(self._response.add_tool_results, results))

    def reply(self, text: str, **options: Unpack[SamplingOptions]) -> SyncSampling:
        """Add a human response below this one and sample the answer."""
        return self._conversation._sync_sampling(self._response.reply(text, **options))

    def attach(self, *, timeout: float | None = None) -> SyncSampling:
        """Follow how this answer grows, whoever asked for it; one that has ended comes at once.

        Leaving it leaves the model to its other readers; `cancel` stops it for all.

        Args:
            timeout: Seconds until following fails; None for the client's, or an hour.
        """
        return self._conversation._sync_sampling(self._response.attach(timeout=timeout))

    def select(self) -> None:
        """Make this the leaf, where the next turn attaches.

        Returns when the server has stored it.
        """
        self._conversation.set_leaf_response_id(self.response_id)

    def star(self) -> None:
        """Star it."""
        self._run(self._response.star)

    def unstar(self) -> None:
        """Take its star away."""
        self._run(self._response.unstar)

    def tag(self, *tags: str) -> None:
        """Add tags."""
        self._run(self._response.tag, *tags)

    def untag(self, *tags: str) -> None:
        """Take tags away; those it does not have are ignored."""
        self._run(self._response.untag, *tags)

    def note(self, text: str) -> None:
        """Set its note; empty text removes it."""
        self._run(self._response.note, text)

    def score(
        self, name: str | None = None, value: float | None = None, /, **scores: float
    ) -> None:
        """Set scores by name: ``score("helpful", 0.8)`` or ``score(helpful=0.8, short=1)``."""
        self._run(self._response.score, name, value, **scores)

    def share(self) -> str:
        """Publish the path that ends here and return the address of its page."""
        return self._run(self._response.share)

    def unshare(self) -> int:
        """Take back every share of this response; return how many there were."""
        return self._run(self._response.unshare)

    def delete(self) -> int:
        """Hide it and everything below until it is restored; return how many were hidden."""
        return self._run(self._response.delete)

    def restore(self) -> int:
        """Undo its deletion; return how many are visible again."""
        return self._run(self._response.restore)

    def purge(self) -> int:
        """Remove the contents of this deleted response, and of all below it, for good.

        Where they stood stays; backups made before keep what they hold.

        Returns:
            How many responses were emptied.

        Raises:
            InvalidOperationError: It is not deleted, or something below it is being sampled.
        """
        return self._run(self._response.purge)

    def refresh(self) -> None:
        """Ask the server for its newest state."""
        self._run(self._response.refresh)

    def logprobs(self) -> list[TokenLogprob]:
        """Return the log-probability of each token, empty if none were asked for."""
        return self._run(self._response.logprobs)

    def _repr_html_(self) -> str:
        return self._response._repr_html_()
