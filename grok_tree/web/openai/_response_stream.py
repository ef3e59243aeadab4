"""Responses: what answers, event by event, in the documented order.

An item is open from its first piece until something of another kind comes; then it is closed, and
what follows is an item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from grok_tree.errors import GrokTreeError
from grok_tree.forest import (
    Citation,
    Cited,
    Ended,
    Reasoning,
    Response,
    SamplingEvent,
    Token,
    TokenLogprob,
    ToolCall,
    ToolCalled,
)
from grok_tree.web.openai._chat_answer import cited
from grok_tree.web.openai._failures import fields_of, kind_of
from grok_tree.web.openai._following import check_ended
from grok_tree.web.openai._http import encode
from grok_tree.web.openai._response_shown import (
    Shown,
    call_item,
    message_item,
    reasoning_item,
    response_shown,
    text_part,
)
from grok_tree.web.openai._tokens import chat_logprob

_TOO_MANY_REQUESTS = 429


@dataclass
class _Item:
    """An item that is open."""

    item_id: str
    output_index: int
    texts: list[str] = field(default_factory=list)


@dataclass
class _Thought(_Item):
    """What the model thinks just now."""

    number: int = 0


@dataclass
class _Message(_Item):
    """What the model says just now."""

    logprobs: list[TokenLogprob] = field(default_factory=list)

    def __post_init__(self) -> None:
        same = {"type": _DELTA, "item_id": self.item_id, "output_index": self.output_index}
        named = encode({**same, "content_index": 0})
        self.head = b'event: %b\ndata: %b,"delta":' % (_DELTA.encode(), named[:-1])


_DELTA = "response.output_text.delta"


class ResponseEvents:
    """Turns what happens into events; without log-probabilities, tokens that wait are joined."""

    def __init__(self, begun: Response, instructions: str) -> None:
        """Begin.

        Args:
            begun: The answer as it is before anything is said.
            instructions: What the model was told first.
        """
        self._begun = begun
        self._id = begun.response_id
        self._instructions = instructions
        self._number = 0
        self._done: list[Shown] = []
        self._open: _Thought | _Message | None = None
        self._sources: list[Citation] = []
        self._n_thoughts = self._n_messages = self._n_calls = 0

    def first(self) -> bytes:
        """Return the events with which every stream begins."""
        shown = response_shown(self._begun, [], instructions=self._instructions)
        created = self._event("response.created", response=shown)
        return created + self._event("response.in_progress", response=shown)

    def of(self, events: Sequence[SamplingEvent]) -> bytes:
        """Return the events for what has happened.

        Raises:
            SamplingError: The answer was cut.
        """
        return b"".join(self._events(events))

    def failed(self, error: GrokTreeError) -> bytes:
        """Return the events that end a stream because of an error."""
        closing = b"".join(self._close(status="incomplete"))
        shown = response_shown(self._begun, self._done, instructions=self._instructions)
        limited = kind_of(error).status == _TOO_MANY_REQUESTS
        code = "rate_limit_exceeded" if limited else "server_error"
        shown |= {"status": "failed", "error": {"code": code, "message": error.message}}
        told = {**fields_of(error)}
        del told["type"]
        return (
            closing + self._event("error", **told) + self._event("response.failed", response=shown)
        )

    def _events(self, events: Sequence[SamplingEvent]) -> Iterator[bytes]:
        waiting: list[str] = []
        for event in events:
            if isinstance(event, Token) and event.logprob is None:
                waiting.append(event.text)
                continue
            if waiting:
                yield from self._said("".join(waiting), None)
                waiting.clear()
            yield from self._other(event)
        if waiting:
            yield from self._said("".join(waiting), None)

    def _other(self, event: SamplingEvent) -> Iterator[bytes]:
        match event:
            case Token():
                yield from self._said(event.text, event.logprob)
            case Reasoning():
                yield from self._thought(event.text)
            case ToolCalled(tool_call=call) if call.kind == "function":
                yield from self._close()
                yield from self._called(call)
            case Cited():
                self._sources.append(event.citation)
            case Ended():
                check_ended(event)
                yield from self._ended(event.response)
            case _:
                pass

    def _said(self, text: str, logprob: TokenLogprob | None) -> Iterator[bytes]:
        if not isinstance(self._open, _Message):
            yield from self._close()
            yield from self._open_message()
        message = self._open
        assert isinstance(message, _Message)
        message.texts.append(text)
        tokens = b"[]"
        if logprob is not None:
            message.logprobs.append(logprob)
            tokens = encode([chat_logprob(logprob)])
        yield (
            message.head
            + encode(text)
            + b',"logprobs":%b,"sequence_number":%d}\n\n'
            % (
                tokens,
                self._next(),
            )
        )

    def _open_message(self) -> Iterator[bytes]:
        item = message_item(self._id, self._n_messages, [], status="in_progress")
        self._n_messages += 1
        self._open = message = _Message(item["id"], len(self._done))
        yield self._event(
            "response.output_item.added", output_index=message.output_index, item=item
        )
        yield self._part("response.content_part.added", message, text_part(""))

    def _thought(self, text: str) -> Iterator[bytes]:
        if not isinstance(self._open, _Thought):
            yield from self._close()
            item = reasoning_item(self._id, self._n_thoughts, None)
            self._open = _Thought(item["id"], len(self._done), number=self._n_thoughts)
            self._n_thoughts += 1
            yield self._event(
                "response.output_item.added", output_index=self._open.output_index, item=item
            )
            part = {"type": "reasoning_text", "text": ""}
            yield self._part("response.content_part.added", self._open, part)
        self._open.texts.append(text)
        yield self._piece("response.reasoning_text.delta", self._open, delta=text)

    def _called(self, call: ToolCall) -> Iterator[bytes]:
        number, place = self._n_calls, len(self._done)
        self._n_calls += 1
        begun = call_item(
            self._id,
            number,
            msgspec.structs.replace(call, arguments=""),
            status="in_progress",
        )
        whole = call_item(self._id, number, call)
        named: dict[str, Any] = {"item_id": whole["id"], "output_index": place}
        said = "response.function_call_arguments"
        yield self._event("response.output_item.added", output_index=place, item=begun)
        yield self._event(f"{said}.delta", **named, delta=call.arguments)
        yield self._event(f"{said}.done", **named, name=call.name, arguments=call.arguments)
        yield self._event("response.output_item.done", output_index=place, item=whole)
        self._done.append(whole)

    def _close(self, status: str = "completed") -> Iterator[bytes]:
        closing, self._open = self._open, None
        if closing is None:
            return
        text = "".join(closing.texts)
        if isinstance(closing, _Message):
            part = text_part(text, logprobs=closing.logprobs)
            sources, self._sources = self._sources, []
            for one in sources:
                note = {"type": "url_citation", **cited(one, text)}
                yield self._noted(closing, part, note)
            tokens = part["logprobs"]
            yield self._piece("response.output_text.done", closing, text=text, logprobs=tokens)
            item = message_item(self._id, 0, [part], status=status) | {"id": closing.item_id}
        else:
            part = {"type": "reasoning_text", "text": text}
            yield self._piece("response.reasoning_text.done", closing, text=text)
            item = reasoning_item(self._id, closing.number, text)
        yield self._part("response.content_part.done", closing, part)
        yield self._event("response.output_item.done", output_index=closing.output_index, item=item)
        self._done.append(item)

    def _noted(self, message: _Message, part: Shown, note: Shown) -> bytes:
        place = len(part["annotations"])
        part["annotations"].append(note)
        return self._piece(
            "response.output_text.annotation.added",
            message,
            annotation_index=place,
            annotation=note,
        )

    def _ended(self, response: Response) -> Iterator[bytes]:
        if self._open is None and not self._done:
            yield from self._open_message()
        is_cut = response.finish_reason in ("length", "context")
        yield from self._close(status="incomplete" if is_cut else "completed")
        shown = response_shown(response, self._done, instructions=self._instructions)
        yield self._event(f"response.{shown['status']}", response=shown)

    def _part(self, kind: str, item: _Item, part: Shown) -> bytes:
        return self._piece(kind, item, part=part)

    def _piece(self, kind: str, item: _Item, **fields: Any) -> bytes:
        place: dict[str, Any] = {"item_id": item.item_id, "output_index": item.output_index}
        return self._event(kind, **place, content_index=0, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        data = encode({"type": kind, **fields, "sequence_number": self._next()})
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)

    def _next(self) -> int:
        number, self._number = self._number, self._number + 1
        return number
