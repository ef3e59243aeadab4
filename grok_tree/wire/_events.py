"""What happens during a sampling, packed into as few messages as possible.

This is the hot path: the price of a stream is a price a message, so everything that has happened
since the last message goes into one, and the texts of neighbouring tokens are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from grok_tree.forest import (
    Ended,
    Finished,
    FinishReason,
    Part,
    Reasoning,
    ResponseId,
    SamplingEvent,
    Started,
    Token,
    TokenAlternative,
    TokenLogprob,
)
from grok_tree.wire._errors import error_from_wire, error_to_wire
from grok_tree.wire._facts import one_of, usage_from_wire, usage_to_wire
from grok_tree.wire._parts import part_from_wire, part_to_wire
from grok_tree.wire._responses import response_from_wire, response_to_wire
from grok_tree.wire.v1 import forests_pb2 as pb

_FINISH_REASONS = get_args(FinishReason)

MAX_MESSAGE_BYTES = 256 * 1024
"""A message is closed when it holds so many bytes of tokens; one response may still follow."""

LONGEST_TOKEN = 16 * 1024
"""Characters; a longer token travels as several, without its log-probability."""


def pack_events(events: Sequence[SamplingEvent | Finished]) -> Iterator[pb.SampleEvents]:
    """Yield messages that hold all events, in order."""
    packer = _Packer()
    for event in events:
        if isinstance(event, Token | Reasoning) and len(event.text) > LONGEST_TOKEN:
            yield from filter(None, map(packer.add, _pieces(event)))
            continue
        full = packer.add(event)
        if full is not None:
            yield full
    yield packer.message()


def _pieces(event: Token | Reasoning) -> Iterator[Token | Reasoning]:
    for begin in range(0, len(event.text), LONGEST_TOKEN):
        text = event.text[begin : begin + LONGEST_TOKEN]
        if isinstance(event, Token):
            yield Token(text, event.index, event.offset + begin)
        else:
            yield Reasoning(text, event.index)


def _n_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


class _Packer:
    """Collects events until a message is full."""

    def __init__(self) -> None:
        self._started: pb.SamplingStarted | None = None
        self._parts: list[pb.SamplingPart] = []
        self._ended: list[pb.SamplingEnded] = []
        self._finished: list[pb.SamplingFinished] = []
        self._batches: list[_Batch] = []
        self._open: dict[int, _Batch] = {}
        self._size = 0

    def add(self, event: SamplingEvent | Finished) -> pb.SampleEvents | None:
        """Take an event; return a message when it is time to send one."""
        match event:
            case Token():
                self._token(event)
            case Reasoning():
                self._reasoning(event)
            case Started():
                self._started = _started_to_wire(event)
                # Its human response may be as large as the one that ends the message.
                self._size += self._started.ByteSize()
            case Ended():
                self._ended.append(_ended_to_wire(event))
                return self.message()
            case Finished():
                self._finished.append(_finished_to_wire(event))
            case _:
                self._part(event)
        return self.message() if self._size > MAX_MESSAGE_BYTES else None

    def message(self) -> pb.SampleEvents:
        """Return what was collected, and begin anew."""
        tokens = [batch.message() for batch in self._batches]
        packed = pb.SampleEvents(
            started=self._started,
            tokens=tokens,
            parts=self._parts,
            ended=self._ended,
            finished=self._finished,
        )
        self.__init__()  # type: ignore[misc]
        return packed

    def _token(self, token: Token) -> None:
        batch = self._batch(token.index, reasoning=False, logprobs=token.logprob is not None)
        batch.texts.append(token.text)
        if token.logprob is not None:
            batch.logprobs.append(logprob_to_wire(token.logprob))
            self._size += 32 * (1 + len(token.logprob.alternatives))
        self._size += 2 + _n_bytes(token.text)

    def _reasoning(self, piece: Reasoning) -> None:
        self._batch(piece.index, reasoning=True, logprobs=False).texts.append(piece.text)
        self._size += _n_bytes(piece.text)

    def _part(self, event: Part) -> None:
        part = part_to_wire(event)
        self._parts.append(part)
        self._size += part.ByteSize()

    def _batch(self, index: int, *, reasoning: bool, logprobs: bool) -> _Batch:
        batch = self._open.get(index)
        if batch is None or batch.reasoning != reasoning or batch.has_logprobs != logprobs:
            batch = self._open[index] = _Batch(index, reasoning=reasoning, has_logprobs=logprobs)
            self._batches.append(batch)
        return batch


class _Batch:
    """Neighbouring pieces of one sibling; either all have log-probabilities or none."""

    def __init__(self, index: int, *, reasoning: bool, has_logprobs: bool) -> None:
        self.index = index
        self.reasoning = reasoning
        self.has_logprobs = has_logprobs
        self.texts: list[str] = []
        self.logprobs: list[pb.TokenLogprob] = []

    def message(self) -> pb.TokenBatch:
        text = "".join(self.texts)
        if self.reasoning:
            return pb.TokenBatch(index=self.index, reasoning=text)
        lengths = [len(piece) for piece in self.texts]
        return pb.TokenBatch(index=self.index, text=text, lengths=lengths, logprobs=self.logprobs)


class EventReader:
    """Unpacks the messages of a sampling; keeps count of where each sibling's text has come.

    When the stream is cut, the same reader goes on with another that begins at `from_characters`.
    """

    def __init__(self) -> None:
        self._offsets: dict[int, int] = {}

    @property
    def from_characters(self) -> list[int]:
        """For each sibling, how many characters of its message have come."""
        return [self._offsets.get(index, 0) for index in range(max(self._offsets, default=-1) + 1)]

    def events(self, message: pb.SampleEvents) -> list[SamplingEvent]:
        """Return the events of the next message."""
        found: list[SamplingEvent] = []
        if message.HasField("started"):
            found.append(_started_from_wire(message.started))
        for batch in message.tokens:
            found.extend(self._batch_events(batch))
        found.extend(part_from_wire(part) for part in message.parts)
        found.extend(_ended_from_wire(ended) for ended in message.ended)
        return found

    def _batch_events(self, batch: pb.TokenBatch) -> Iterator[SamplingEvent]:
        if batch.reasoning:
            yield Reasoning(batch.reasoning, batch.index)
        begin = 0
        offset = self._offsets.get(batch.index, 0)
        for place, length in enumerate(batch.lengths):
            logprob = None
            if batch.logprobs:
                logprob = logprob_from_wire(batch.logprobs[place], offset)
            yield Token(batch.text[begin : begin + length], batch.index, offset, logprob)
            begin += length
            offset += length
        self._offsets[batch.index] = offset


def logprob_to_wire(logprob: TokenLogprob) -> pb.TokenLogprob:
    """Return a log-probability as a message; its offset follows from its place."""
    others = [pb.TokenAlternative(text=a.text, logprob=a.logprob) for a in logprob.alternatives]
    return pb.TokenLogprob(text=logprob.text, logprob=logprob.logprob, alternatives=others)


def logprob_from_wire(message: pb.TokenLogprob, offset: int) -> TokenLogprob:
    """Return a log-probability from its message."""
    others = tuple(TokenAlternative(a.text, a.logprob) for a in message.alternatives)
    return TokenLogprob(message.text, message.logprob, others, offset)


def logprobs_from_wire(messages: Iterable[pb.TokenLogprob], offset: int = 0) -> list[TokenLogprob]:
    """Return all log-probabilities of a response, whose first token begins at `offset`."""
    found = []
    for message in messages:
        found.append(logprob_from_wire(message, offset))
        offset += len(message.text)
    return found


def _started_to_wire(started: Started) -> pb.SamplingStarted:
    human = started.human_response
    return pb.SamplingStarted(
        sampling_id=started.sampling_id,
        human_response=None if human is None else response_to_wire(human),
        response_ids=started.response_ids,
        model_name=started.model_name,
    )


def _started_from_wire(message: pb.SamplingStarted) -> Started:
    has_human = message.HasField("human_response")
    return Started(
        sampling_id=message.sampling_id,
        human_response=response_from_wire(message.human_response) if has_human else None,
        response_ids=tuple(ResponseId(one) for one in message.response_ids),
        model_name=message.model_name,
    )


def _ended_to_wire(ended: Ended) -> pb.SamplingEnded:
    return pb.SamplingEnded(
        index=ended.index,
        response=response_to_wire(ended.response),
        error=None if ended.error is None else error_to_wire(ended.error),
    )


def _finished_to_wire(finished: Finished) -> pb.SamplingFinished:
    return pb.SamplingFinished(
        index=finished.index,
        finish_reason=finished.finish_reason,
        usage=usage_to_wire(finished.usage),
        provenance=finished.provenance,
    )


def finished_from_wire(message: pb.SamplingFinished) -> Finished:
    """Return how a continuation ended, from its message."""
    return Finished(
        index=message.index,
        finish_reason=one_of(message.finish_reason, _FINISH_REASONS, "finish reason"),
        usage=usage_from_wire(message.usage),
        provenance=dict(message.provenance),
    )


def _ended_from_wire(message: pb.SamplingEnded) -> Ended:
    error = error_from_wire(message.error) if message.HasField("error") else None
    return Ended(response=response_from_wire(message.response), index=message.index, error=error)
