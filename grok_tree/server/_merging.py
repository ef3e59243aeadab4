"""The call that unites conversations from elsewhere with what is stored."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from grok_tree.errors import GrokTreeError, InvalidOperationError
from grok_tree.formats import LineBuffer, NativeDocument, NativeReader, mended
from grok_tree.server._guard import Context
from grok_tree.server._texts import prompt
from grok_tree.service import Forests, MergeConflict, Merged, Merging
from grok_tree.wire import ForestsServicer, pb

_AT_ONCE = 8
"""Conversations on their way into the store: what is committed together costs one flush."""
_RESPONSES_AT_ONCE = 500
"""Most responses of them together, unless a single conversation has more."""


class MergeCalls(ForestsServicer):
    """Merge, of the native door."""

    _forests: Forests

    async def Merge(  # type: ignore[override]
        self, requests: AsyncIterator[pb.MergeRequest], context: Context
    ) -> None:
        """Store conversations as they come, and say of each in order what became of it."""
        under = ""
        buffer, reader = LineBuffer(), NativeReader(sealed=False)
        window = _Window(self._forests, context)
        try:
            async for request in prompt(requests):
                under = _the_one(under, request.under_response_id)
                for line in buffer.take(request.lines):
                    await window.add(reader.take(line), under)
            for line in buffer.close():
                await window.add(reader.take(line), under)
            if reader.begun:
                reader.close()
        except GrokTreeError:
            await window.close()  # what came before a broken line is stored, and that is said
            raise
        await window.close()


class _Window:
    """Some merges at once, answered in the order in which they came."""

    def __init__(self, forests: Forests, context: Context) -> None:
        self._forests = forests
        self._context = context
        self._begun: deque[tuple[int, Merging]] = deque()

    async def add(self, document: NativeDocument | None, under: str) -> None:
        if document is None:
            return
        size = len(document.responses)
        while self._begun and (
            len(self._begun) >= _AT_ONCE or self._n_responses() + size > _RESPONSES_AT_ONCE
        ):
            await self._answer()
        merge = self._forests.begin_merge(mended(document), under=under)
        self._begun.append((size, merge))

    async def close(self) -> None:
        while self._begun:
            await self._answer()

    def _n_responses(self) -> int:
        return sum(size for size, _ in self._begun)

    async def _answer(self) -> None:
        _, merge = self._begun.popleft()
        await self._context.write(merged_to_wire(await merge.done()))


def merged_to_wire(merged: Merged) -> Any:
    """Return what became of a conversation as a message."""
    return pb.Merged(
        conversation_id=merged.conversation_id,
        n_added=merged.n_added,
        n_united=merged.n_united,
        n_remarked=merged.n_remarked,
        is_new=merged.is_new,
        conflicts=map(_conflict_to_wire, merged.conflicts),
        refusal=merged.refusal,
        notes=merged.notes,
    )


def _conflict_to_wire(conflict: MergeConflict) -> Any:
    return pb.MergeConflict(
        response_id=conflict.response_id, kept_as=conflict.kept_as or "", why=conflict.why
    )


def _the_one(under: str, named: str) -> str:
    """Return the response that what comes attaches to, which only the first message names."""
    if under and named and named != under:
        raise InvalidOperationError(
            f"one merge attaches to one response, and {under} was named before {named}"
        )
    return under or named
