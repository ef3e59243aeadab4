"""Following a conversation as it changes, across interrupted connections."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
import msgspec

from grok_tree import forest
from grok_tree.errors import GrokTreeError, ServerUnavailable, StaleSnapshot, WatchLagged
from grok_tree.forest import ResponseId
from grok_tree.wire import conversation_from_wire, pb

if TYPE_CHECKING:
    from grok_tree.client._conversation import Conversation
    from grok_tree.client._response import Response

ALL_OF_IT = -1
"""The position of one who has all of a revision."""

Since = int | tuple[int, int] | None
"""A revision; or a revision and the last position of it that one has."""

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

_NO_NEWS = frozenset({"revision", "modify_time", "n_responses"})
"""Fields that change with everything else."""


@dataclass(frozen=True)
class Change:
    """One change of a conversation.

    Attributes:
        revision: The revision at which it happened.
        position: Its place in that revision.
        response: The response that changed, as a handle that shows the newest; None when the
            conversation's own fields did.
        fields: Names of the conversation's own fields that changed, sorted.
        deleted: Whether the response, or else the conversation, is deleted now.
    """

    revision: int
    position: int
    response: Response | None = None
    fields: tuple[str, ...] = ()
    deleted: bool = False

    @property
    def cursor(self) -> tuple[int, int]:
        """What another watch takes as ``since`` to go on after this change."""
        return self.revision, self.position


class Watch:
    """The changes of a conversation, in order, for as long as one iterates.

    A response comes in its newest state, so one that changed several times before it was read
    comes once; each at most once a revision. What comes is in the conversation's forest already.
    A lost connection is made again, and nothing is missed or comes twice. Leave it with `aclose`,
    an ``async with`` block, or by dropping it.
    """

    def __init__(self, conversation: Conversation, since: Since) -> None:
        """Conversations make these."""
        self._waiting: deque[Change] = deque()
        # Not a method of this object: a watch that is dropped must be gone at once.
        self._changes = _Reader(conversation, since).follow()
        self._stepping = anyio.Lock()
        self._steps: set[anyio.CancelScope] = set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        """Wait for the next change.

        Raises:
            WatchLagged: The server cut this watch because nothing was taken for long; watch again,
                from the `revision` and `position` in its details.
            StaleSnapshot: A backup was restored, or the server has not come to that revision.
            ConversationNotFound: The conversation was removed for good.
            ServerUnavailable: The server was never reached.
        """
        if not self._waiting:
            self._waiting.extend(await self._next_changes())
        return self._waiting.popleft()

    async def aclose(self) -> None:
        """Leave; the server forgets this watch. Whoever waits for a change sees the end."""
        self._waiting.clear()
        for step in list(self._steps):
            step.cancel()
        # A step that was cancelled, as by Ctrl-C, may still be on its way out.
        async with self._stepping:
            await self._changes.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _next_changes(self) -> list[Change]:
        # Known before it waits for anything, so that leaving always finds it.
        with anyio.CancelScope() as step:
            self._steps.add(step)
            try:
                async with self._stepping:
                    return await anext(self._changes)
            finally:
                self._steps.discard(step)
        raise StopAsyncIteration

    async def _next_batch(self) -> list[Change]:
        """Return what has come, at least one change; empty when there will be none."""
        try:
            first = await anext(self)
        except StopAsyncIteration:
            return []
        batch = [first, *self._waiting]
        self._waiting.clear()
        return batch


class _Reader:
    """Reads what changes into a conversation's cache; knows how far it has come."""

    def __init__(self, conversation: Conversation, since: Since) -> None:
        cache = conversation._cache
        begin = cache.revision if since is None else since
        self._conversation = conversation
        self._revision, self._position = begin if isinstance(begin, tuple) else (begin, ALL_OF_IT)
        self._seen = cache.conversation
        self._database_id: str | None = None
        self._is_gapless = True
        self._reached = False

    async def follow(self) -> AsyncGenerator[list[Change], None]:
        """Yield changes, as lists of what came together, for ever."""
        await self._begin()
        pause = FIRST_PAUSE_S
        while True:
            try:
                async with aclosing(self._pages()) as pages:
                    async for page in pages:
                        pause = FIRST_PAUSE_S
                        if changes := self._take(page):
                            yield changes
            except WatchLagged as lagged:
                # A page may have come after the one that the server gave up.
                lagged.details.update(revision=self._revision, position=self._position)
                raise
            except GrokTreeError as error:
                if not (self._reached and _is_lost(error)):
                    raise
            # Not all at the same time, when many watchers lose one server.
            await anyio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _begin(self) -> None:
        """See to it that what is known reaches up to where the changes begin."""
        await self._conversation.create()
        cache = self._conversation._cache
        if self._revision > cache.revision:
            await self._conversation.refresh()
            self._seen = cache.conversation
        self._is_gapless = self._revision <= cache.revision

    async def _pages(self) -> AsyncGenerator[pb.ChangesPage, None]:
        remote = self._conversation._remote
        self._check_same_database((await remote.call("WhoAmI", pb.WhoAmIRequest())).database_id)
        request = pb.WatchRequest(
            conversation_id=remote.conversation_id,
            since_revision=self._revision,
            since_position=None if self._position == ALL_OF_IT else self._position,
        )
        async with aclosing(remote.stream("Watch", request, timeout=math.inf)) as pages:
            async for page in pages:
                yield page

    def _check_same_database(self, database_id: str) -> None:
        before, self._database_id = self._database_id, database_id
        if before is not None and before != database_id:
            raise StaleSnapshot(
                "a backup was restored behind this server, so its revisions count anew;"
                f" load() conversation {self._conversation.conversation_id} and watch it again",
                conversation_id=self._conversation.conversation_id,
            )

    def _take(self, page: pb.ChangesPage) -> list[Change]:
        """Take a page into what is known; return what is new in it."""
        self._reached = True
        changes = [self._response_change(message) for message in page.responses]
        if page.responses:
            newest = page.responses[-1]
            self._revision, self._position = newest.revision, newest.position
        if page.last:
            self._revision, self._position = page.revision, ALL_OF_IT
            changes += self._own_changes(conversation_from_wire(page.conversation))
            self._mark_held(page.revision)
        return changes

    def _response_change(self, message: pb.Response) -> Change:
        self._conversation._cache.put(message)
        handle = self._conversation._handle(ResponseId(message.response_id))
        return Change(message.revision, message.position, handle, deleted=message.deleted)

    def _own_changes(self, new: forest.Conversation) -> list[Change]:
        """Take the conversation's own fields; they count once all that led to them has come."""
        old, self._seen = self._seen, new
        self._conversation._cache.set_conversation(new)
        fields = () if old is None else _changed_fields(old, new)
        if "deleted" in fields:
            self._conversation._deleted = new.deleted
        if not fields:
            return []
        return [Change(new.revision, ALL_OF_IT, fields=fields, deleted=new.deleted)]

    def _mark_held(self, revision: int) -> None:
        if self._is_gapless:
            cache = self._conversation._cache
            cache.revision = max(cache.revision, revision)
            self._conversation._reading.reached()


def _changed_fields(old: forest.Conversation, new: forest.Conversation) -> tuple[str, ...]:
    before, after = msgspec.structs.asdict(old), msgspec.structs.asdict(new)
    return tuple(
        sorted(name for name in after if name not in _NO_NEWS and before[name] != after[name])
    )


def _is_lost(error: GrokTreeError) -> bool:
    """Return whether an error means that the connection was lost, rather than the watch refused."""
    return isinstance(error, ServerUnavailable) or error.grpc_status in ("CANCELLED", "UNKNOWN")
