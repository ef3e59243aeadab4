"""Reading one sampling through as many calls as it takes, each event once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Protocol

from grok_tree.errors import GrokTreeError
from grok_tree.forest import Ended, Part, Reasoning, SamplingEvent, Started, Token
from grok_tree.wire import EventReader, pb

_CUT = ("UNAVAILABLE", "CANCELLED")
"""Statuses of a stream that was cut between us and the server."""


class Stream(Protocol):
    """Makes a call that gives messages."""

    def __call__(
        self, method: str, request: Any, *, timeout: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """Return the messages."""


class Follower:
    """Follows one sampling; where its stream is cut, it goes on from there."""

    def __init__(self, stream: Stream, timeout: float | None) -> None:
        """Prepare; nothing is called yet.

        Args:
            stream: Makes the calls.
            timeout: Seconds for all of them together, None for no limit.
        """
        self._stream = stream
        self._ends_at = None if timeout is None else time.monotonic() + timeout
        self._reader = EventReader()
        self._started: Started | None = None
        self._ended: set[int] = set()
        self._n_thought: dict[int, int] = {}
        self._n_thought_again: dict[int, int] = {}
        self._parts: Counter[Part] = Counter()
        self._parts_again: Counter[Part] = Counter()

    async def sample(self, request: pb.SampleRequest) -> AsyncGenerator[list[SamplingEvent], None]:
        """Begin the sampling and yield what happens.

        A detached one goes on without us, so it is followed again when the stream is cut.
        """
        try:
            async with aclosing(self._events("Sample", request)) as batches:
                async for events in batches:
                    yield events
        except GrokTreeError as error:
            if self._is_complete:
                return
            if not (request.detach and self._started and error.grpc_status in _CUT):
                raise
        else:
            return
        again = self.attach(pb.AttachSamplingRequest(sampling_id=request.request_id))
        async with aclosing(again) as batches:
            async for events in batches:
                yield events

    async def attach(
        self, request: pb.AttachSamplingRequest
    ) -> AsyncGenerator[list[SamplingEvent], None]:
        """Yield what happens in a sampling that was begun before, whoever did."""
        while True:
            request.ClearField("from_characters")
            request.from_characters.extend(self._reader.from_characters)
            came = False
            try:
                async with aclosing(self._events("AttachSampling", request)) as batches:
                    async for events in batches:
                        came = True
                        yield events
            except GrokTreeError as error:
                # The connection has tried often enough; here only what has begun is gone on with.
                if not self._is_complete and (not came or error.grpc_status not in _CUT):
                    raise
            else:
                return
            if self._is_complete:
                return

    @property
    def _is_complete(self) -> bool:
        return self._started is not None and len(self._ended) == len(self._started.response_ids)

    async def _events(self, method: str, request: Any) -> AsyncGenerator[list[SamplingEvent], None]:
        self._n_thought_again = dict(self._n_thought)
        self._parts_again = Counter(self._parts)
        stream = self._stream(method, request, timeout=self._left())
        async with aclosing(stream) as messages:
            async for message in messages:
                found = self._reader.events(message)
                if all(type(event) is Token for event in found):
                    yield found
                else:
                    yield [new for event in found if (new := self._new(event)) is not None]

    def _left(self) -> float | None:
        return None if self._ends_at is None else max(0.0, self._ends_at - time.monotonic())

    def _new(self, event: SamplingEvent) -> SamplingEvent | None:
        """Return what is new of an event; another call may bring again what has come before."""
        match event:
            case Started():
                known, self._started = self._started, event
                return None if known else event
            case Ended():
                known_end = event.index in self._ended
                self._ended.add(event.index)
                return None if known_end else event
            case Reasoning():
                return self._new_thought(event)
            case Token():
                return event
            case _:
                return self._new_part(event)

    def _new_part(self, event: Part) -> Part | None:
        """Return a part unless it has come before; every call brings all of them."""
        if self._parts_again[event]:
            self._parts_again[event] -= 1
            return None
        self._parts[event] += 1
        return event

    def _new_thought(self, event: Reasoning) -> Reasoning | None:
        """Return what is new of a thought; every call brings thoughts from their beginning."""
        n_had = min(self._n_thought_again.get(event.index, 0), len(event.text))
        if n_had:
            self._n_thought_again[event.index] -= n_had
        text = event.text[n_had:]
        self._n_thought[event.index] = self._n_thought.get(event.index, 0) + len(text)
        return Reasoning(text, event.index) if text else None
