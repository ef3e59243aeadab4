"""What happens during a sampling, as the chunks of a streamed answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

from grok_tree.errors import GrokTreeError, SamplingInterrupted
from grok_tree.forest import (
    Cited,
    Ended,
    Pictured,
    Reasoning,
    Response,
    SamplingEvent,
    Searched,
    Started,
    Token,
    TokenLogprob,
    ToolCalled,
)
from grok_tree.server.xai._schema import Schema
from grok_tree.server.xai._tools import call_message
from grok_tree.server.xai._words import (
    file_words,
    fingerprint_word,
    finish_word,
    inline_word,
    logprobs_word,
    model_word,
    source_words,
    usage_word,
)
from grok_tree.service import token_of
from grok_tree.wire import time_to_wire

FULL_CHARACTERS = 256 * 1024
"""A chunk that has so many is sent before more is put into it."""


@dataclass(frozen=True)
class Head:
    """What every chunk of an answer says.

    Attributes:
        started: Which sampling it is.
        create_time: When it was asked for.
    """

    started: Started
    create_time: datetime


@dataclass
class _Output:
    """What has come of one sibling since the last chunk."""

    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    tool_calls: list[Any] = field(default_factory=list)
    citations: list[Any] = field(default_factory=list)
    finish_reason: int = 0


class Chunks:
    """Makes chunks of events; what came together travels together."""

    def __init__(self, schema: Schema, head: Head) -> None:
        """Begin an answer."""
        self._schema = schema
        self._ids = head.started.response_ids
        self._head = schema.chat.GetChatCompletionChunk(
            id=self._ids[0],
            created=time_to_wire(head.create_time),
            model=model_word(head.started.model_name),
        )
        self._outputs: dict[int, _Output] = {}
        self._n_characters = 0
        self._n_cited = 0
        self._named: set[int] = set()
        self._ended: dict[int, Response] = {}
        self.error: GrokTreeError | None = None

    def of(self, events: Iterable[SamplingEvent]) -> Iterator[Any]:
        """Yield the chunks for what has happened."""
        for event in events:
            self._take(event)
            if self._n_characters >= FULL_CHARACTERS:
                yield self._chunk()
        if self._outputs:
            yield self._chunk()

    def _take(self, event: SamplingEvent) -> None:
        match event:
            case Token():
                self._take_token(event)
            case Reasoning(text=text, index=index):
                self._output(index).reasoning.append(text)
                self._n_characters += len(text)
            case ToolCalled(tool_call=call, index=index):
                self._output(index).tool_calls.append(call_message(self._schema, call))
            case Cited(citation=citation, index=index):
                self._n_cited += 1
                inline = inline_word(self._schema, citation, self._n_cited)
                self._output(index).citations.extend([inline] if inline else [])
            case Ended():
                self._end(event)
            case Started() | Searched() | Pictured():
                pass
            case _:
                assert_never(event)

    def _take_token(self, token: Token) -> None:
        output = self._output(token.index)
        output.texts.append(token.text)
        self._n_characters += len(token.text)
        if token.logprob is not None:
            output.logprobs.append(token.logprob)

    def _end(self, ended: Ended) -> None:
        response = ended.response
        self._ended[ended.index] = response
        self.error = self.error or failure_of(ended)
        self._output(ended.index).finish_reason = finish_word(self._schema, response.finish_reason)

    def _output(self, index: int) -> _Output:
        if index not in self._outputs:
            self._outputs[index] = _Output()
        return self._outputs[index]

    def _chunk(self) -> Any:
        chunk = type(self._head)()
        chunk.CopyFrom(self._head)
        chunk.outputs.extend(self._message(index) for index in sorted(self._outputs))
        self._outputs.clear()
        self._n_characters = 0
        if len(self._ended) == len(self._ids):
            self._fill_last(chunk)
        return chunk

    def _message(self, index: int) -> Any:
        chat, output = self._schema.chat, self._outputs[index]
        is_first = index not in self._named
        self._named.add(index)
        delta = chat.Delta(
            content="".join(output.texts),
            reasoning_content="".join(output.reasoning),
            # The reader shows nothing of an answer whose last chunk does not say whose it is.
            role=chat.ROLE_ASSISTANT,
            tool_calls=output.tool_calls,
            encrypted_content=token_of(self._ids[index]) if is_first else "",
            citations=output.citations,
        )
        return chat.CompletionOutputChunk(
            delta=delta,
            logprobs=logprobs_word(self._schema, output.logprobs),
            finish_reason=output.finish_reason,
            index=index,
        )

    def _fill_last(self, chunk: Any) -> None:
        ended = [self._ended[index] for index in sorted(self._ended)]
        chunk.usage.CopyFrom(usage_word(self._schema, ended))
        chunk.citations.extend(source_words(ended))
        chunk.output_files.extend(file_words(self._schema, ended))
        chunk.system_fingerprint = fingerprint_word(ended)


def failure_of(ended: Ended) -> GrokTreeError | None:
    """Return why an answer is not whole; None when it is."""
    if ended.error is not None:
        return ended.error
    response = ended.response
    if not response.partial:
        return None
    return SamplingInterrupted(
        f"the sampling was cancelled; what came is kept as response {response.response_id}",
        response_id=response.response_id,
    )
