"""What xAI replies, read as events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grok_tree.errors import SamplingInterrupted
from grok_tree.forest import (
    Citation,
    Cited,
    Finished,
    FinishReason,
    Reasoning,
    SamplerEvent,
    Settings,
    Token,
)
from grok_tree.samplers._stops import StopTexts
from grok_tree.samplers.xai._pieces import pieces
from grok_tree.samplers.xai._replay import Step, to_send_back
from grok_tree.samplers.xai._request import seed_of
from grok_tree.samplers.xai._schema import Schema
from grok_tree.samplers.xai._tools import call_events
from grok_tree.samplers.xai._usage import estimated_usage, usage_of

FINISH_REASONS: dict[int, FinishReason] = {1: "length", 2: "context", 3: "stop", 4: "tool_calls"}
"""By their numbers in the schema; what is not here (xAI's time limit) cut the answer."""


class Answer:
    """Reads the chunks of one streamed answer.

    When xAI runs tools, one answer has several outputs: what the model said before a tool, what
    the tool gave it, and what it said then. Together they are one response.
    """

    def __init__(self, schema: Schema, index: int, settings: Settings, n_prompt_bytes: int) -> None:
        """Begin an answer.

        Args:
            schema: xAI's words.
            index: The sibling it belongs to.
            settings: What was asked.
            n_prompt_bytes: Size of the prompt, for when xAI does not count.
        """
        self._schema = schema
        self._index = index
        self._seed = settings.seed
        self._stops = StopTexts(settings.stop)
        self._n_prompt_bytes = n_prompt_bytes
        self._steps: dict[int, Step] = {}
        self._begins: dict[int, int] = {}
        self._n_characters = 0
        self._n_bytes = 0
        self._calls_seen: set[str] = set()
        self._cited: set[str] = set()
        self._reason: FinishReason | None = None
        self._last: Any = schema.chat.GetChatCompletionChunk()

    def events(self, chunk: Any) -> Iterator[SamplerEvent]:
        """Yield what a chunk brings, often one token."""
        for output in chunk.outputs:
            yield from self._output(output)
        for url in chunk.citations:
            yield from self._cite(Citation(url=url))
        self._keep(chunk)

    def finished(self) -> Iterator[SamplerEvent]:
        """Yield the end of the answer.

        Raises:
            SamplingInterrupted: The model never said that it was done.
        """
        for token in self._stops.rest():
            yield self._placed(token)
        if self._reason is None:
            raise SamplingInterrupted(
                "xAI closed the answer before the model was done; what came is kept:"
                " resume or resample it"
            )
        yield Finished(
            finish_reason="stop" if self._stops.found else self._reason,
            index=self._index,
            usage=self._usage(),
            provenance=self._provenance(),
            encrypted_reasoning=to_send_back(self._schema, self._in_order()),
        )

    def _output(self, output: Any) -> Iterator[SamplerEvent]:
        delta = output.delta
        step = self._step(output)
        step.encrypted.extend([delta.encrypted_content] if delta.encrypted_content else ())
        step.calls.extend(delta.tool_calls)
        if step.role == self._schema.chat.ROLE_TOOL:
            # What a tool gave the model is for the model; its calls were told before.
            step.texts.append(delta.content)
            return
        if delta.reasoning_content:
            step.reasoning.append(delta.reasoning_content)
            yield Reasoning(delta.reasoning_content, self._index)
        yield from self._said(output, step)
        for call in delta.tool_calls:
            yield from self._called(call)
        for citation in delta.citations:
            yield from self._cite_inline(citation, output.index)
        self._end(output.finish_reason)

    def _said(self, output: Any, step: Step) -> Iterator[SamplerEvent]:
        step.texts.append(output.delta.content)
        self._n_bytes += len(output.delta.content.encode())
        for token in pieces(output.delta.content, output.logprobs.content, self._index):
            for passed in self._stops.passed(token):
                yield self._placed(passed)

    def _placed(self, token: Token) -> Token:
        self._n_characters += len(token.text)
        return token

    def _called(self, call: Any) -> Iterator[SamplerEvent]:
        # A call that xAI runs comes again when it has ended.
        if call.id and call.id in self._calls_seen:
            return
        self._calls_seen.add(call.id)
        yield from call_events(self._schema, call, self._index)

    def _cite(self, citation: Citation) -> Iterator[SamplerEvent]:
        if citation.url not in self._cited:
            self._cited.add(citation.url)
            yield Cited(citation, self._index)

    def _cite_inline(self, citation: Any, output_index: int) -> Iterator[SamplerEvent]:
        source = citation.WhichOneof("citation")
        url = getattr(getattr(citation, source), "url", "") if source else ""
        if url:
            self._cited.add(url)
            base = self._begins[output_index]
            begin, end = base + citation.start_index, base + citation.end_index
            yield Cited(Citation(url=url, begin=begin, end=max(begin, end)), self._index)

    def _step(self, output: Any) -> Step:
        chat = self._schema.chat
        if output.index not in self._steps:
            self._steps[output.index] = Step(chat.ROLE_ASSISTANT)
            self._begins[output.index] = self._n_characters
        step = self._steps[output.index]
        if output.delta.role != chat.INVALID_ROLE:
            step.role = output.delta.role
        return step

    def _in_order(self) -> list[Step]:
        return [self._steps[index] for index in sorted(self._steps)]

    def _end(self, reason: int) -> None:
        if reason:
            self._reason = FINISH_REASONS.get(reason, "failed")

    def _keep(self, chunk: Any) -> None:
        """Keep what only the newest chunk knows; one may leave out what another said."""
        last = self._last
        for name in ("id", "model", "system_fingerprint"):
            setattr(last, name, getattr(chunk, name) or getattr(last, name))
        if chunk.HasField("usage"):
            last.usage.CopyFrom(chunk.usage)

    def _usage(self) -> Any:
        if self._last.HasField("usage"):
            return usage_of(self._last.usage)
        return estimated_usage(self._n_prompt_bytes, self._n_bytes)

    def _provenance(self) -> dict[str, str]:
        found = {
            "model": self._last.model,
            "request_id": self._last.id,
            "system_fingerprint": self._last.system_fingerprint,
            "seed": "" if self._seed is None else str(seed_of(self._seed, self._index)),
        }
        return {name: value for name, value in found.items() if value}
