"""What every handle of a conversation keeps: its id, what is known of it, its own fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from grok_tree.client._beside import Loaded
from grok_tree.client._cache import Cache
from grok_tree.client._fields import ConversationFields
from grok_tree.client._leaf import LeafMoves
from grok_tree.client._mirror_details import Details
from grok_tree.client._mirror_reading import Reading
from grok_tree.client._remote import Remote
from grok_tree.errors import ConversationDeletedError
from grok_tree.forest import Conversation as ConversationValue
from grok_tree.forest import (
    ConversationChange,
    ConversationId,
    Forest,
    ResponseId,
    Share,
    TokenLogprob,
    counted,
)
from grok_tree.forest import Response as ResponseValue

if TYPE_CHECKING:
    from grok_tree.client._client import AsyncClient


class KeptConversation(ConversationFields):
    """One conversation of the server, without handles of its responses."""

    def __init__(
        self, client: AsyncClient, conversation_id: str | None, beginning: ConversationChange
    ) -> None:
        """Clients make these.

        Args:
            client: Whose it is.
            conversation_id: None for one that is created at first use.
            beginning: The fields of one that is still to be created.
        """
        self._client = client
        self._beginning = beginning
        self._beside = Loaded(self._ask_logprobs, client.files.read)
        self._cache = Cache(self._beside)
        self._remote = Remote(client._connection, client._new_request_id, self._cache)
        self._remote.id = conversation_id
        self._reading = Reading(client._mirror, self._remote, self._cache)
        self._details = Details(client._mirror, self._remote)
        self._deleted = False
        self._leaf_moves = LeafMoves(
            self._send_leaf, self._cache, lambda: client._unsent.discard(self)
        )

    # What is known

    @property
    def conversation_id(self) -> ConversationId:
        """The id.

        Raises:
            InvalidOperationError: It was not created yet; the first response creates it.
        """
        return self._remote.conversation_id

    @property
    def value(self) -> ConversationValue:
        """Everything that is known of the conversation itself, as one immutable value."""
        return self._cache.known()

    @property
    def forest(self) -> Forest:
        """Everything that is known, as an immutable snapshot."""
        return self._cache.snapshot()

    @property
    def stale_since(self) -> datetime | None:
        """When what is known here was last compared with the server.

        None unless the server was away when it was asked last.
        """
        return self._reading.stale_since

    # Reading from the server

    async def create(self) -> None:
        """Create it on the server now, if that was not done; otherwise its first use does."""
        if self._remote.id is None:
            await self._remote.create(self._beginning)
            self._reading.reached()

    async def load(self) -> None:
        """Read everything from the server; handles of responses stay the same."""
        self._check_usable()
        await self._reading.read(self._stored, everything=True)

    async def refresh(self) -> None:
        """Read what has changed since the last time."""
        self._check_usable()
        await self._reading.read(self._stored, everything=False)

    async def load_logprobs(self, responses: Iterable[ResponseValue] | None = None) -> int:
        """Load log-probabilities, so that `forest` has them where nothing can be waited for.

        A blocking client does not need this: its forest asks for them when they are looked at.

        Args:
            responses: Of which; None: of every response whose sampling was asked for them.

        Returns:
            How many of these responses have any.
        """
        self._check_usable()
        asked = (one for one in self.forest if one.settings.logprobs)
        return await self._beside.load_all(asked if responses is None else responses)

    # The conversation's own fields

    async def set_title(self, title: str) -> None:
        """Give it a title."""
        await self._update(ConversationChange(title=title))

    async def generate_title(self) -> str:
        """Let the model write the title from the path to the leaf, and return it.

        Raises:
            InvalidOperationError: There is no leaf.
            SamplingError: The model failed; the title stays.
        """
        self._check_usable()
        await self._stored()
        leaf, model_name = self._leaf_id() or "", self._model_for("")
        await self._remote.generate_title(leaf, model_name, self._client._ceiling)
        return self.title

    async def star(self) -> None:
        """Star it."""
        await self._update(ConversationChange(starred=True))

    async def unstar(self) -> None:
        """Take its star away."""
        await self._update(ConversationChange(starred=False))

    async def delete(self) -> None:
        """Hide it until it is restored."""
        self._check_usable()
        await self._stored()
        await self._remote.delete()
        self._deleted = True

    async def restore(self) -> None:
        """Undo its deletion."""
        await self._remote.restore()
        self._deleted = False

    async def purge(self) -> int:
        """Remove this deleted conversation for good; backups made before keep what they hold.

        Returns:
            How many responses it had.

        Raises:
            InvalidOperationError: It is not deleted, or something in it is being sampled.
        """
        n_purged = await self._remote.purge()
        self._deleted = True
        return n_purged

    async def list_shares(self) -> list[Share]:
        """Return every share of its responses, oldest first."""
        self._check_usable()
        return await self._details.shares()

    # Plumbing

    def _check_usable(self) -> None:
        if self._deleted:
            raise ConversationDeletedError(
                f"conversation {self._remote.id} was deleted; restore() it first",
                conversation_id=self._remote.id,
            )

    def _usable(self) -> Remote:
        """Return the calls of this conversation, unless it was deleted."""
        self._check_usable()
        return self._remote

    def _leaf_id(self) -> ResponseId | None:
        self._check_usable()
        known = self._cache.conversation
        return None if known is None else known.leaf_response_id

    def _model_for(self, asked: str) -> str:
        """Return the model of a call; empty lets the server choose."""
        known = self._cache.conversation
        own = known.model_name if known is not None else self._beginning.model_name
        return asked or own or self._client._model

    async def _stored(self) -> None:
        """Make sure that the server has the conversation and every earlier move of the leaf."""
        await self.create()
        await self._leaf_moves.stored()

    async def _update(self, change: ConversationChange) -> None:
        self._check_usable()
        await self._stored()
        await self._remote.update(change)

    async def _ask_logprobs(self, response: ResponseValue) -> Sequence[TokenLogprob]:
        return await self._details.logprobs(response)

    async def _send_leaf(self, leaf: ResponseId | None) -> None:
        await self.create()
        await self._remote.update(ConversationChange(leaf_response_id=leaf))

    def __repr__(self) -> str:
        known = self._cache.conversation
        if known is None:
            return f"<Conversation {self._remote.id or 'not created yet'}>"
        n_responses = len(self.forest) if self._cache.revision else known.n_responses
        size = counted(n_responses, "response")
        return f"<Conversation {self._remote.id} {known.title[:40]!r}: {size}>"

    def _repr_html_(self) -> str:
        if self._cache.conversation is None:
            return "<p>A conversation that was not created or loaded yet</p>"
        return super()._repr_html_()
