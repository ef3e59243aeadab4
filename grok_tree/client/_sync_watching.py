"""The blocking twin of a watch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from grok_tree.client._portal import Portal
from grok_tree.client._watching import Change, Watch

if TYPE_CHECKING:
    from grok_tree.client._response import Response
    from grok_tree.client._sync_response import SyncResponse


@dataclass(frozen=True)
class SyncChange:
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
    response: SyncResponse | None = None
    fields: tuple[str, ...] = ()
    deleted: bool = False

    @property
    def cursor(self) -> tuple[int, int]:
        """What another watch takes as ``since`` to go on after this change."""
        return self.revision, self.position


class SyncWatch:
    """The changes of a conversation, in order, for as long as one iterates.

    A response comes in its newest state, so one that changed several times before it was read
    comes once; each at most once a revision. What comes is in the conversation's forest already.
    A lost connection is made again, and nothing is missed or comes twice. Leave it with `close`,
    a ``with`` block, or by dropping it.
    """

    def __init__(
        self, portal: Portal, watch: Watch, wrap: Callable[[Response], SyncResponse]
    ) -> None:
        """Conversations make these."""
        self._portal = portal
        self._watch = watch
        self._wrap = wrap
        self._waiting: deque[Change] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> SyncChange:
        """Wait for the next change.

        Raises:
            WatchLagged: The server cut this watch because nothing was taken for long; watch again,
                from the `revision` and `position` in its details.
            StaleSnapshot: A backup was restored, or the server has not come to that revision.
            ConversationNotFound: The conversation was removed for good.
            ServerUnavailable: The server was never reached.
        """
        if not self._waiting:
            self._waiting.extend(self._portal.run(self._watch._next_batch))
        if not self._waiting:
            raise StopIteration
        change = self._waiting.popleft()
        response = None if change.response is None else self._wrap(change.response)
        return SyncChange(*change.cursor, response, change.fields, change.deleted)

    def close(self) -> None:
        """Leave; the server forgets this watch."""
        self._waiting.clear()
        self._portal.run(self._watch.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
