"""The calls that stream changes, in pages."""

from __future__ import annotations

from contextlib import aclosing

import anyio

from grok_tree.errors import WatchLagged
from grok_tree.server._guard import Context
from grok_tree.service import ChangesPage, Forests, cursor_after
from grok_tree.wire import ForestsServicer, conversation_to_wire, pb, responses_to_wire

WATCH_PATIENCE_S = 30.0
"""How long a watcher may take for one page before it is cut."""


class WatchCalls(ForestsServicer):
    """Streams what changed, and what changes."""

    _forests: Forests
    _watch_patience_s: float

    async def ListChanges(self, request: pb.ListChangesRequest, context: Context) -> None:  # type: ignore[override]
        changes = self._forests.iter_changes(
            request.conversation_id, request.since_revision, _position(request)
        )
        async with aclosing(changes) as pages:
            async for page in pages:
                await context.write(_page_to_wire(page))

    async def Watch(self, request: pb.WatchRequest, context: Context) -> None:  # type: ignore[override]
        """Send pages as they come; a reader that does not take one in time is cut."""
        revision, position = request.since_revision, _position(request)
        changes = self._forests.watch(request.conversation_id, revision, position)
        has_begun = False
        async with aclosing(changes) as pages:
            async for page in pages:
                message = _page_to_wire(page)
                if not has_begun:
                    # By itself: together with a page that is not taken, gRPC would take it for
                    # unsent and fail to send the error, and the reader would wait for ever.
                    await context.send_initial_metadata(())
                    has_begun = True
                try:
                    with anyio.fail_after(self._watch_patience_s):
                        await context.write(message)
                except TimeoutError:
                    raise WatchLagged(
                        f"this watcher of conversation {request.conversation_id} took nothing for"
                        f" {self._watch_patience_s:g} s and was cut; watch again from where it was",
                        conversation_id=request.conversation_id,
                        revision=revision,
                        position=-1 if position is None else position,
                    ) from None
                taken = cursor_after(page)
                revision = taken.revision
                position = None if page.last else taken.position


def _position(request: pb.ListChangesRequest | pb.WatchRequest) -> int | None:
    return request.since_position if request.HasField("since_position") else None


def _page_to_wire(page: ChangesPage) -> pb.ChangesPage:
    conversation = page.conversation
    return pb.ChangesPage(
        conversation=None if conversation is None else conversation_to_wire(conversation),
        responses=responses_to_wire(page.responses),
        revision=page.revision,
        last=page.last,
    )
