"""The handle of one conversation."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Unpack
from weakref import WeakValueDictionary

from msgspec import UNSET, UnsetType

from grok_tree.client._exporting import Target
from grok_tree.client._importing import ImportedConversation
from grok_tree.client._kept import KeptConversation
from grok_tree.client._leaf import LeafMove
from grok_tree.client._merging import grafted_onto
from grok_tree.client._options import SamplingOptions
from grok_tree.client._response import Response
from grok_tree.client._sampling import Sampling, SamplingGroup
from grok_tree.client._tool_results import tool_drafts
from grok_tree.client._turns import Turn, manual_call, sampling_call
from grok_tree.client._watching import Since, Watch
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import (
    ConversationChange,
    Forest,
    Origin,
    ResponseDraft,
    ResponseId,
    consequence,
)
from grok_tree.forest import Response as ResponseValue

if TYPE_CHECKING:
    from grok_tree.client._client import AsyncClient

Parent = Response | ResponseValue | str | None | UnsetType
"""A response, also one of a forest, its id, None for a new root, or UNSET for the leaf."""


class Conversation(KeptConversation):
    """A forest of responses that is kept on the server.

    What was read stays readable without a call; `refresh` asks for what changed since. Sampling
    binds its parent when it is called, so any number may run at once.
    """

    def __init__(
        self, client: AsyncClient, conversation_id: str | None, beginning: ConversationChange
    ) -> None:
        """Clients make these; the arguments are those of what is kept."""
        super().__init__(client, conversation_id, beginning)
        self._responses: WeakValueDictionary[str, Response] = WeakValueDictionary()
        self._making_handles = threading.Lock()

    # What is known

    @property
    def root_responses(self) -> list[Response]:
        """The responses without a parent, in order of creation."""
        self._check_usable()
        return self._handles(self.forest.roots.ids)

    @property
    def leaf(self) -> Response | None:
        """Where the next turn attaches; None when it makes a new root."""
        leaf = self._leaf_id()
        return None if leaf is None else self.get_response(leaf)

    def get_response(self, response_id: str) -> Response:
        """Return a response that is known here.

        Raises:
            ResponseNotFound: It is not; `fetch_response` asks the server.
        """
        self._check_usable()
        self._cache.response(response_id)
        return self._handle(response_id)

    def get_children(self, response_id: str) -> list[Response]:
        """Return the responses that answer one, in order of creation.

        Raises:
            ResponseNotFound: It is not known here.
        """
        self._check_usable()
        return self._handles(self.forest.children(response_id).ids)

    def register_response(self, response: ResponseValue) -> Response:
        """Take a response that came another way into what is known here.

        Raises:
            InvalidOperationError: It belongs to another conversation.
        """
        self._check_usable()
        if response.conversation_id != self.conversation_id:
            raise InvalidOperationError(
                f"response {response.response_id} belongs to conversation"
                f" {response.conversation_id}, not to {self.conversation_id}",
                response_id=response.response_id,
            )
        self._cache.put(response)
        return self._handle(response.response_id)

    # Reading from the server

    async def fetch_response(self, response_id: str) -> Response:
        """Return a response, asking the server for its newest state.

        Raises:
            ResponseNotFound: There is none of this id in this conversation.
        """
        self._check_usable()
        await self._reading.fetch(response_id)
        return self._handle(response_id)

    async def export(self, path: Target, format: str | None = None, **options: str | int) -> int:
        """Write the forest to a file; return the number of responses.

        Args:
            path: Where to, or an open file.
            format: Its name, as in ``grok_tree.formats.known_formats()``; None: the native one,
                which loses nothing, or what the file's ending says.
            options: Choices of the format.

        Raises:
            FormatNotFound: There is no such format, or it cannot be written.
            OSError: The file cannot be written.
        """
        await self.refresh()
        return await self._client.grok.export(
            path, [self.conversation_id], format=format, **options
        )

    async def graft(self, forest: Forest, parent: Parent = UNSET) -> ImportedConversation:
        """Copy a forest below one of the responses, with all that is known of each of its own.

        The same forest grafted twice at the same place is there once. The leaf stays.

        Args:
            forest: Of any conversation, or read from a file.
            parent: Where; left out: the leaf.

        Raises:
            InvalidOperationError: There is no leaf and no parent is named.
            ResponseNotFound: The parent does not exist.
        """
        await self._stored()
        under = self._parent_id(parent)
        if under is None:
            raise InvalidOperationError(
                f"conversation {self.conversation_id} has no leaf; name the parent to graft onto"
            )
        grafted = await grafted_onto(self._client, forest, under)
        await self.refresh()
        return grafted

    def watch(self, since: Since = None) -> Watch:
        """Follow what changes, until it is left.

        Args:
            since: A revision, or the `cursor` of a change, after which to begin; None: after what
                is known here.
        """
        return Watch(self, since)

    # Growing the forest

    def add_response(
        self, message: str, *, parent: Parent = UNSET, **options: Unpack[SamplingOptions]
    ) -> Sampling:
        """Add a human response and sample the model's answer.

        Args:
            message: What the human says; empty samples directly below the parent.
            parent: What it answers: by default the leaf at the time of this call.
            options: See `SamplingOptions`.

        Raises:
            InvalidOperationError: The message is empty and there is no parent, or an option is
                out of its range.
        """
        return self._sampling(Turn(message, self._parent_id(parent), Origin(), 1, options))

    def add_responses(
        self, message: str, n: int, *, parent: Parent = UNSET, **options: Unpack[SamplingOptions]
    ) -> SamplingGroup:
        """Add a human response and sample n answers to it from one prompt.

        Args:
            message: What the human says; empty samples directly below the parent.
            n: Number of answers, 1 to 256.
            parent: What it answers: by default the leaf at the time of this call.
            options: See `SamplingOptions`.

        Raises:
            InvalidOperationError: As for `add_response`, or n is out of range.
        """
        return self._sampling_group(Turn(message, self._parent_id(parent), Origin(), n, options))

    async def add_model_response(
        self, text: str, *, parent: Parent = UNSET, partial: bool = False
    ) -> Response:
        """Store a text in the place of a model's answer; it becomes the leaf.

        Args:
            text: The answer.
            parent: What it answers: by default the leaf at the time of this call.
            partial: Say that the text is not complete.
        """
        draft = ResponseDraft(
            sender="assistant",
            message=text,
            parent_response_id=self._parent_id(parent),
            partial=partial,
        )
        (stored,) = await self._add_drafts([draft], leaf_index=0)
        return stored

    async def add_drafts(
        self, drafts: Iterable[ResponseDraft], *, leaf_index: int | None = None
    ) -> list[Response]:
        """Store responses as they are, all or none.

        Args:
            drafts: Parents before children; see `ResponseDraft`.
            leaf_index: Which of them becomes the leaf; None leaves it where it is.
        """
        return await self._add_drafts(list(drafts), leaf_index=leaf_index)

    def set_leaf_response_id(self, response_id: str | None) -> Awaitable[None]:
        """Make a response the leaf, or none, so that the next turn makes a new root.

        Holds here at once; await the result to know that the server has stored it.

        Raises:
            ResponseNotFound: It is not known here.
        """
        self._check_usable()
        leaf = None if response_id is None else self._selectable(response_id)
        if self._remote.id is None:
            return LeafMove(self._leaf_moves)  # the server has no leaf to move
        self._client._unsent.add(self)
        return self._leaf_moves.move(leaf)

    # Sampling, for this and for handles of responses

    def _sampling(self, turn: Turn) -> Sampling:
        self._check_usable()
        return Sampling(sampling_call(self, turn))

    def _sampling_group(self, turn: Turn) -> SamplingGroup:
        self._check_usable()
        return SamplingGroup(sampling_call(self, turn), turn.n)

    def _replacement(
        self, old: ResponseValue, text: str, origin: Origin, options: SamplingOptions
    ) -> Sampling:
        self._check_usable()
        parent = old.parent_response_id
        if consequence("replace", old) == "human_sibling":
            return self._sampling(Turn(text, parent, origin, 1, options))
        draft = ResponseDraft(
            sender="assistant", message=text, parent_response_id=parent, origin=origin
        )
        return Sampling(manual_call(self, draft, options))

    # Plumbing

    def _parent_id(self, parent: Parent) -> ResponseId | None:
        if isinstance(parent, UnsetType):
            return self._leaf_id()
        if isinstance(parent, Response | ResponseValue):
            return parent.response_id
        return None if parent is None else ResponseId(parent)

    def _selectable(self, response_id: str) -> ResponseId:
        response = self._cache.response(response_id)
        if response.deleted:
            raise ResponseNotFound(
                f"response {response_id} was deleted; restore() it first", response_id=response_id
            )
        return response.response_id

    async def _add_tool_results(
        self, answer: ResponseValue, results: Mapping[str, str]
    ) -> Response:
        drafts = tool_drafts(answer, results)
        return (await self._add_drafts(drafts, leaf_index=len(drafts) - 1))[-1]

    async def _add_drafts(
        self,
        drafts: list[ResponseDraft],
        *,
        leaf_index: int | None,
        timeout: float | None = None,
    ) -> list[Response]:
        self._check_usable()
        self._remote.check(drafts)
        await self._stored()
        return self._handles(await self._remote.add(drafts, leaf_index, timeout=timeout))

    def _handle(self, response_id: str) -> Response:
        # Blocking programs look at handles from any thread; there must still be one an id.
        with self._making_handles:
            handle = self._responses.get(response_id)
            if handle is None:
                handle = self._responses[response_id] = Response(self, ResponseId(response_id))
            return handle

    def _handles(self, response_ids: Iterable[str]) -> list[Response]:
        return [self._handle(response_id) for response_id in response_ids]
