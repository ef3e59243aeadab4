"""The chunks of an answer, read as events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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
    ToolCalled,
    Usage,
)
from grok_tree.samplers.openai._chunks import (
    Annotation,
    Choice,
    Chunk,
    Delta,
    Raw,
    read_chunk,
    read_part,
)
from grok_tree.samplers.openai._failures import Asked, failure_in_stream, not_this_protocol
from grok_tree.samplers.openai._logprobs import pieces
from grok_tree.samplers.openai._tool_calls import GrowingCalls
from grok_tree.samplers.openai._usage import Count, reported_usage, shared_usages

DONE = b"[DONE]"

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}
WITHHELD = "content_filter"
_CUT = ("abort", "error", "cancelled")


@dataclass(slots=True)
class _Sibling:
    """What is known of one sibling.

    Attributes:
        index: Of the sibling, as we count.
        reason: Why it ended, in the server's words; None while it has not.
        seen: Whether anything was said of it.
        usage: What the server said of it.
    """

    index: int
    count: Count = field(default_factory=Count)
    reason: str | None = None
    seen: bool = False
    calls: GrowingCalls = field(default_factory=GrowingCalls)
    usage: Raw | None = None


class Answers:
    """Reads the answer to one request: one sibling or several."""

    def __init__(
        self, indexes: Sequence[int], settings: Settings, asked: Asked, *, prompt_bytes: int = 0
    ) -> None:
        """Begin to read.

        Args:
            indexes: The siblings that were asked for, in the order in which the server counts them.
            settings: What was asked.
            asked: Of whom.
            prompt_bytes: Size of the prompt, should the server not count its tokens.
        """
        self._siblings = [_Sibling(index) for index in indexes]
        self._settings = settings
        self._asked = asked
        self._prompt_bytes = prompt_bytes
        self._provenance: dict[str, str] = {}
        self._is_new = True
        self._last_ended: _Sibling | None = None
        self.echo = ""
        """The prefill, where the server may repeat it at the beginning of the answer."""
        self.is_done = False
        """Whether the server said that nothing more comes."""

    def events(self, data: bytes) -> list[SamplerEvent]:
        """Return what an event of the stream brings, often one token.

        Raises:
            GrokTreeError: The event is an error of the server.
            SamplingInterrupted: The event is damaged; what came before it is whole.
        """
        if data == DONE:
            self.is_done = True
            return []
        chunk = read_chunk(data)
        if chunk is None:
            raise SamplingInterrupted(
                f"the stream of {self._asked.name} is damaged; what came before it is kept:"
                " resume it, or sample again"
            )
        return self._read(chunk)

    def rest(self, data: bytes) -> list[SamplerEvent]:
        """Return what the last event of a stream brings, which may be half of one."""
        return self.events(data) if data == DONE or read_chunk(data) is not None else []

    def whole(self, data: bytes) -> Iterator[SamplerEvent]:
        """Yield what an answer brings that does not come as a stream, with its ends.

        Raises:
            GrokTreeError: It is an error of the server.
            SamplerUnavailable: It is no answer.
        """
        chunk = read_chunk(data)
        events = [] if chunk is None else self._read(chunk)
        self.is_done = True
        if not any(sibling.seen for sibling in self._siblings):
            raise not_this_protocol(self._asked, "it sent no answer")
        yield from events
        yield from self.ends()

    def _read(self, chunk: Chunk) -> list[SamplerEvent]:
        if chunk.error and bytes(chunk.error) != b"null":
            raise failure_in_stream(self._asked, bytes(chunk.error))
        if self._is_new:
            self._is_new = False
            self._identify(chunk)
        events: list[SamplerEvent] = []
        for choice in chunk.choices or ():
            self._take(choice, events)
        if chunk.usage:
            self._keep_usage(chunk)
        return events

    @property
    def is_complete(self) -> bool:
        """Whether all that was begun has ended, and something was."""
        seen = self._seen
        ended = self.is_done or all(sibling.reason is not None for sibling in seen)
        return bool(seen) and ended and all(sibling.reason not in _CUT for sibling in seen)

    @property
    def n_came(self) -> int:
        """How many pieces came."""
        return sum(sibling.count.n_all for sibling in self._siblings)

    @property
    def missing(self) -> list[int]:
        """The siblings of which the server said nothing at all."""
        return [sibling.index for sibling in self._siblings if not sibling.seen]

    @property
    def withheld(self) -> list[int]:
        """The siblings that the provider did not let the model finish."""
        return [sibling.index for sibling in self._siblings if sibling.reason == WITHHELD]

    def ends(self) -> Iterator[SamplerEvent]:
        """Yield the ends of all siblings that have ended, as far as they may be told."""
        if self.is_done:
            for sibling in self._siblings:
                if sibling.seen and sibling.reason is None:
                    sibling.reason = "stop"
        for sibling, usage in zip(self._seen, self._usages(), strict=True):
            if sibling.reason is not None and sibling.reason not in (WITHHELD, *_CUT):
                yield self._end(sibling, usage)

    def total(self) -> int:
        """Return how many tokens the request used, as far as that is known."""
        return sum(
            usage.prompt_tokens + usage.completion_tokens + usage.reasoning_tokens
            for usage in self._usages()
        )

    def add_provenance(self, **facts: str) -> None:
        """Say something about where the answer comes from; what is empty is left out."""
        self._provenance.update({name: value for name, value in facts.items() if value})

    def _identify(self, chunk: Chunk) -> None:
        known = self._provenance.get("request_id")
        self.add_provenance(
            model=chunk.model or "",
            request_id=known or chunk.id or "",
            system_fingerprint=chunk.system_fingerprint or "",
        )

    def _take(self, choice: Choice, events: list[SamplerEvent]) -> None:
        sibling = self._sibling(choice)
        if sibling is None or sibling.reason is not None:
            return
        sibling.seen = True
        delta = choice.delta or choice.message
        text = choice.text
        if delta is not None:
            text = delta.content or delta.refusal
            if thought := delta.reasoning_content or delta.reasoning:
                sibling.count.n_reasoning += 1
                events.append(Reasoning(thought, sibling.index))
        if text:
            self._take_text(text, choice, sibling, events)
        if delta is not None:
            self._take_parts(delta, sibling, events)
        if choice.finish_reason:
            self._last_ended = sibling
            sibling.reason = choice.finish_reason
            events.extend(ToolCalled(call, sibling.index) for call in sibling.calls.whole())

    def _sibling(self, choice: Choice) -> _Sibling | None:
        """Return whom a choice belongs to; None for one that was not asked for."""
        place = choice.index or 0
        if not 0 <= place < len(self._siblings):
            return None
        found = self._siblings[place]
        if choice.message is None or found.reason is None:
            return found
        # A whole answer with a number that was used already is another sibling's.
        return next((sibling for sibling in self._siblings if sibling.reason is None), None)

    def _take_text(
        self, text: str, choice: Choice, sibling: _Sibling, events: list[SamplerEvent]
    ) -> None:
        if self.echo and not sibling.count.n_completion:
            text = self._without_echo(text, is_whole=choice.message is not None)
        if self._settings.logprobs and choice.logprobs:
            found = pieces(text, choice.logprobs, sibling.index, self._settings.top_logprobs)
            sibling.count.n_completion += len(found)
            events.extend(found)
        elif text:
            sibling.count.n_completion += 1
            events.append(Token(text, sibling.index))

    def _without_echo(self, text: str, *, is_whole: bool) -> str:
        """Return the first text without the prefill.

        Several words at once are no token that repeats them by chance.
        """
        if not is_whole and len(self.echo.split()) < 2:
            return text
        return text.removeprefix(self.echo)

    def _take_parts(self, delta: Delta, sibling: _Sibling, events: list[SamplerEvent]) -> None:
        if delta.tool_calls:
            sibling.count.n_completion += 1
            sibling.calls.grow(delta.tool_calls)
        if delta.annotations:
            for note in read_part(delta.annotations, list[Annotation]) or ():
                if (found := note.url_citation) is not None:
                    source = Citation(
                        url=found.url,
                        title=found.title or "",
                        begin=found.start_index,
                        end=found.end_index,
                    )
                    events.append(Cited(source, sibling.index))

    def _keep_usage(self, chunk: Chunk) -> None:
        if bytes(chunk.usage) == b"null":
            return
        choices = chunk.choices or ()
        owner = self._sibling(choices[0]) if len(choices) == 1 else self._last_ended
        (owner or self._siblings[0]).usage = chunk.usage

    @property
    def _seen(self) -> list[_Sibling]:
        return [sibling for sibling in self._siblings if sibling.seen]

    def _usages(self) -> list[Usage]:
        reports = [
            reported_usage(sibling.usage, sibling.count.n_all)
            for sibling in self._seen
            if sibling.usage is not None
        ]
        known = [report for report in reports if report is not None]
        return shared_usages(known, [one.count for one in self._seen], self._prompt_bytes)

    def _end(self, sibling: _Sibling, usage: Usage) -> Finished:
        provenance = dict(self._provenance)
        if self._settings.seed is not None:
            provenance["seed"] = str(self._settings.seed + sibling.index)
        reason = sibling.reason or "stop"
        if reason not in _REASONS:
            provenance["finish_reason"] = reason[:100]
        return Finished(
            finish_reason=self._finish_reason(reason, sibling, usage),
            index=sibling.index,
            usage=usage,
            provenance=provenance,
        )

    def _finish_reason(self, reason: str, sibling: _Sibling, usage: Usage) -> FinishReason:
        known = _REASONS.get(reason, "stop")
        if known == "stop" and sibling.calls:
            return "tool_calls"
        limit = self._settings.max_tokens
        n_said = usage.completion_tokens + usage.reasoning_tokens
        if known == "length" and not usage.estimated and limit is not None and n_said < limit:
            return "context"
        return known
