"""Chat completions: what answers, piece by piece.

A chunk is put together from bytes that are the same for the whole stream and the few that are not:
thousands of them leave every second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from grok_tree.forest import (
    Cited,
    Ended,
    Reasoning,
    SamplingEvent,
    Started,
    Token,
    ToolCalled,
    Usage,
)
from grok_tree.service import token_of
from grok_tree.web.openai._caller import created_at
from grok_tree.web.openai._chat_answer import call_shown, cited, completion_id
from grok_tree.web.openai._following import check_ended
from grok_tree.web.openai._http import encode
from grok_tree.web.openai._tokens import FINISH_REASONS, chat_logprob, chat_usage

DONE = b"data: [DONE]\n\n"


class ChatChunks:
    """Turns what happens into chunks; without log-probabilities, tokens that wait are joined."""

    def __init__(self, started: Started, *, with_usage: bool, kept: bool) -> None:
        self._started = started
        self._kept = kept
        self._with_usage = with_usage
        self._n_calls: dict[int, int] = {}
        self._usages: dict[int, Usage] = {}
        same = {
            "id": completion_id(started),
            "object": "chat.completion.chunk",
            "created": created_at(started.response_ids[0]),
            "model": started.model_name,
            "service_tier": "default",
            "system_fingerprint": None,
        }
        self._head = b"data: " + encode(same)[:-1] + b',"choices":['
        self._tail = b'],"usage":null}\n\n' if with_usage else b"]}\n\n"

    def first(self) -> bytes:
        """Return the chunks with which every sibling begins."""
        return b"".join(map(self._opening, range(len(self._started.response_ids))))

    def of(self, events: Sequence[SamplingEvent]) -> bytes:
        """Return the chunks for what has happened.

        Raises:
            SamplingError: A sibling was cut.
        """
        return b"".join(self._chunks(events))

    def last(self) -> bytes:
        """Return what ends the stream."""
        if not self._with_usage:
            return DONE
        usage = encode(chat_usage(self._usages.values()))
        return self._head + b'],"usage":' + usage + b"}\n\n" + DONE

    def _opening(self, index: int) -> bytes:
        delta: dict[str, Any] = {"role": "assistant", "content": "", "refusal": None}
        if self._kept:
            delta["encrypted_content"] = token_of(self._started.response_ids[index])
        return self._chunk(index, encode(delta))

    def _chunks(self, events: Sequence[SamplingEvent]) -> Iterator[bytes]:
        waiting: list[str] = []
        speaker = 0
        for event in events:
            plain = event if isinstance(event, Token) and event.logprob is None else None
            if waiting and (plain is None or plain.index != speaker):
                yield self._text(speaker, "".join(waiting))
                waiting.clear()
            if plain is None:
                yield self._other(event)
            else:
                speaker = plain.index
                waiting.append(plain.text)
        if waiting:
            yield self._text(speaker, "".join(waiting))

    def _text(self, index: int, text: str) -> bytes:
        return self._chunk(index, b'{"content":' + encode(text) + b"}")

    def _other(self, event: SamplingEvent) -> bytes:
        match event:
            case Token(logprob=logprob) if logprob is not None:
                logprobs = {"content": [chat_logprob(logprob)], "refusal": None}
                delta = encode({"content": event.text})
                return self._chunk(event.index, delta, logprobs=encode(logprobs))
            case Reasoning():
                return self._chunk(event.index, encode({"reasoning_content": event.text}))
            case ToolCalled() if event.tool_call.kind == "function":
                return self._chunk(event.index, encode({"tool_calls": [self._called(event)]}))
            case Cited(citation=citation):
                note = {"type": "url_citation", "url_citation": cited(citation, "")}
                return self._chunk(event.index, encode({"annotations": [note]}))
            case Ended():
                return self._ended(event)
            case _:
                return b""

    def _called(self, event: ToolCalled) -> dict[str, Any]:
        number = self._n_calls.get(event.index, 0)
        self._n_calls[event.index] = number + 1
        return {"index": number, **call_shown(event.tool_call)}

    def _ended(self, event: Ended) -> bytes:
        check_ended(event)
        self._usages[event.index] = event.response.usage
        reason = encode(FINISH_REASONS[event.response.finish_reason])
        return self._chunk(event.index, b"{}", reason=reason)

    def _chunk(
        self, index: int, delta: bytes, *, logprobs: bytes = b"null", reason: bytes = b"null"
    ) -> bytes:
        choice = b'{"index":%d,"delta":%b,"logprobs":%b,"finish_reason":%b}'
        return self._head + choice % (index, delta, logprobs, reason) + self._tail
