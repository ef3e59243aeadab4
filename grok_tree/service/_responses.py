"""Use cases of single responses: add, read, mark, delete and restore, and follow changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    MarkChange,
    Response,
    ResponseDraft,
    ResponseId,
    TokenLogprob,
    changed_marks,
)
from grok_tree.service._base import LARGEST_PAGE, UseCases
from grok_tree.service._changes import changes_page, cursor_after
from grok_tree.service._drafts import check_drafts
from grok_tree.service._live import live_conversation, live_response, visible_response
from grok_tree.service._requests import ChangesPage
from grok_tree.store import Cursor, NewResponse, Reader, Writer

FIRST_PAGE = 100
"""Responses on the first page of changes: few, so that something can be shown at once."""


class ResponseUseCases(UseCases):
    """What can be done with responses, apart from sampling them."""

    async def add_responses(
        self,
        request_id: str,
        conversation_id: str,
        drafts: Sequence[ResponseDraft],
        *,
        leaf_index: int | None = None,
    ) -> list[Response]:
        """Store responses as they are, all or none, in the order given."""
        check_drafts(drafts, leaf_index)
        ids = [ResponseId(self._world.ids.new_id()) for _ in drafts]
        now = self._world.clock.now()
        stored: list[Response] = []

        def work(writer: Writer) -> list[ResponseId]:
            new = [
                NewResponse(response_id, draft, manual=_by_hand(draft))
                for response_id, draft in zip(ids, drafts, strict=True)
            ]
            stored[:] = writer.add_responses(conversation_id, new, now=now, leaf_index=leaf_index)
            return ids

        body = (conversation_id, drafts, leaf_index)
        kept = await self._once(
            request_id, "add_responses", body, result=list[ResponseId], work=work
        )
        return stored if kept == ids else await self.get_responses(kept)

    async def get_responses(self, response_ids: Sequence[str]) -> list[Response]:
        """Return responses in the order asked for; at most 500."""
        if len(response_ids) > LARGEST_PAGE:
            raise InvalidOperationError(
                f"{len(response_ids)} responses were asked for at once; ask for {LARGEST_PAGE}"
            )
        return await self._read(lambda reader: reader.responses(response_ids))

    async def get_visible_response(self, response_id: str) -> Response:
        """Return a response that is not deleted itself, with all its texts.

        Raises:
            ResponseNotFound: There is none of this id, or it was deleted.
        """
        return await self._read(lambda reader: visible_response(reader, response_id))

    async def get_path(self, response_id: str) -> list[Response]:
        """Return the path to a response, from its root to itself.

        Raises:
            ConversationDeletedError: Its conversation was deleted.
            ResponseNotFound: There is none of this id, or it was deleted.
        """

        def look(reader: Reader) -> list[Response]:
            return reader.path(live_response(reader, response_id).response_id)

        return await self._read(look)

    async def get_logprobs(self, response_id: str) -> list[TokenLogprob]:
        """Return what was kept of a response's log-probabilities, empty if none were asked for."""
        return await self._read(lambda reader: reader.logprobs(response_id))

    async def mark_response(
        self, request_id: str, response_id: str, change: MarkChange
    ) -> Response:
        """Star, tag, note or score a response."""
        now = self._world.clock.now()
        stored: list[Response] = []

        def work(writer: Writer) -> ResponseId:
            response = live_response(writer, response_id)
            marks = changed_marks(response.marks, change, now)
            stored[:] = [writer.set_marks(response_id, marks, now=now)]
            return response.response_id

        body = (response_id, change)
        await self._once(request_id, "mark_response", body, result=ResponseId, work=work)
        return stored[0] if stored else (await self.get_responses([response_id]))[0]

    async def delete_response(self, request_id: str, response_id: str) -> int:
        """Hide a response and everything below it; return how many are now hidden."""
        now = self._world.clock.now()

        def work(writer: Writer) -> int:
            live_response(writer, response_id)
            return writer.hide(response_id, now)

        return await self._once(request_id, "delete_response", response_id, result=int, work=work)

    async def restore_response(self, request_id: str, response_id: str) -> int:
        """Undo one deletion; return how many are visible again.

        Raises:
            InvalidOperationError: Something above it is deleted; restore that first.
        """
        now = self._world.clock.now()

        def work(writer: Writer) -> int:
            found = writer.response(response_id)
            live_conversation(writer, found.conversation_id)
            _check_parent_visible(writer, found)
            return writer.unhide(response_id, now)

        return await self._once(request_id, "restore_response", response_id, result=int, work=work)

    async def purge_response(self, request_id: str, response_id: str) -> int:
        """Remove the contents of a deleted response and of all below it for good; return how many.

        Raises:
            InvalidOperationError: It is not deleted, or something below it is being sampled.
        """
        now = self._world.clock.now()

        def work(writer: Writer) -> int:
            found = writer.response(response_id)
            live_conversation(writer, found.conversation_id)
            return writer.purge(response_id, now)

        return await self._once(request_id, "purge_response", response_id, result=int, work=work)

    async def iter_changes(
        self, conversation_id: str, since_revision: int, since_position: int | None = None
    ) -> AsyncGenerator[ChangesPage, None]:
        """Yield what changed after a revision, oldest change first.

        A reader that was cut names the last position that it has of that revision. What was hidden
        comes as tombstones. The last page says which revision the reader then holds; the
        conversation's own fields are on the first and the last page.
        """
        cursor = Cursor(since_revision, -1 if since_position is None else since_position)
        first = True
        while True:
            limit = FIRST_PAGE if first else LARGEST_PAGE
            page = await self._read(
                partial(_live_changes, conversation_id=conversation_id, cursor=cursor, limit=limit)
            )
            yield page if first or page.last else ChangesPage(None, page.responses)
            if page.last:
                return
            first = False
            cursor = cursor_after(page)


def _by_hand(draft: ResponseDraft) -> bool:
    """Return whether a person wrote it in the place of a model."""
    return draft.sender == "assistant" and draft.origin.kind in ("manual", "replaced")


def _live_changes(reader: Reader, conversation_id: str, cursor: Cursor, limit: int) -> ChangesPage:
    conversation = live_conversation(reader, conversation_id)
    return changes_page(reader, conversation, cursor, limit=limit)


def _check_parent_visible(reader: Reader, response: Response) -> None:
    if response.parent_response_id is None:
        return
    if reader.response(response.parent_response_id).deleted:
        raise InvalidOperationError(
            f"response {response.response_id} cannot be restored while its parent"
            f" {response.parent_response_id} is deleted; restore that first",
            response_id=response.response_id,
        )
