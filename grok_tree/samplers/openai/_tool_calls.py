"""Calls of tools, put together from their parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from grok_tree.forest import ToolCall
from grok_tree.samplers.openai._chunks import Raw, ToolCallDelta, read_part


@dataclass(slots=True)
class _Growing:
    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class GrowingCalls:
    """The calls of one sibling; true when there is one."""

    def __init__(self) -> None:
        """Begin without any."""
        self._calls: dict[int, _Growing] = {}

    def __bool__(self) -> bool:
        """Whether there is a call."""
        return bool(self._calls)

    def grow(self, raw: Raw) -> None:
        """Add the parts that a chunk brings."""
        for at, part in enumerate(read_part(raw, list[ToolCallDelta]) or ()):
            self._add(part, at)

    def whole(self) -> Iterator[ToolCall]:
        """Yield all calls in order; those that have no id get one."""
        for place, call in sorted(self._calls.items()):
            yield ToolCall(
                call_id=call.call_id or f"call-{place}",
                name=call.name,
                arguments="".join(call.arguments),
            )

    def _add(self, part: ToolCallDelta, at: int) -> None:
        """Add a part to its call; a server that numbers nothing sends whole calls."""
        place = part.index
        if place is None:
            known = {call.call_id for call in self._calls.values()}
            is_next = bool(part.id) and part.id not in known
            place = len(self._calls) if is_next else max(len(self._calls) - 1, at)
        call = self._calls.setdefault(place, _Growing())
        call.call_id = call.call_id or part.id or ""
        if part.function is not None:
            call.name = call.name or part.function.name or ""
            call.arguments.append(part.function.arguments or "")
