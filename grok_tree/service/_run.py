"""One running sampling: it belongs to the server, and any number of readers may follow it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import anyio
import msgspec

from grok_tree.errors import GrokTreeError, SamplingError, SamplingInterrupted
from grok_tree.forest import (
    MAX_TEXT_BYTES,
    Ended,
    Finished,
    FinishReason,
    Reasoning,
    Response,
    ResponseId,
    SamplerEvent,
    SamplingEvent,
    Started,
    Timing,
    Token,
    TokenLogprob,
    repaired_text,
)
from grok_tree.service._log import EventLog
from grok_tree.service._ports import Clock
from grok_tree.store import Finish

CHECKPOINT_S = 0.4
"""A growing answer is saved this often; a crash loses at most what came since."""

E = TypeVar("E", bound=Exception)

_log = logging.getLogger(__name__)


class Saves(Protocol):
    """Where a run keeps what it has."""

    async def grow(self, response_id: ResponseId, message: str, reasoning: str) -> None:
        """Save a growing answer; need not survive a power cut."""

    async def finish(self, response_id: ResponseId, finish: Finish, *, move_leaf: bool) -> Response:
        """Save an answer for good and return it."""


@dataclass
class _Sibling:
    """What has come of one answer."""

    response_id: ResponseId
    parts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    length: int = 0
    size: int = 0
    first_token_s: float | None = None
    dirty: bool = False
    ended: bool = False

    @property
    def message(self) -> str:
        return "".join(self.parts)


class SamplingRun:
    """A sampling from its first token to its last stored sibling.

    The run appends every event to one log, which its followers read each at its own pace.
    """

    def __init__(
        self, started: Started, saves: Saves, clock: Clock, *, detached: bool, move_leaf: bool
    ) -> None:
        self.started = started
        self._saves = saves
        self._clock = clock
        self._detached = detached
        self._move_leaf = move_leaf
        self._siblings = [_Sibling(response_id) for response_id in started.response_ids]
        self._log: EventLog[SamplingEvent] = EventLog()
        self._log.append(started)
        self._followers = 0
        self._scope = anyio.CancelScope()
        self._cut_reason: FinishReason = "cancelled"
        self._begun_at = clock.monotonic()

    @property
    def sampling_id(self) -> str:
        """The id by which it can be cancelled."""
        return self.started.sampling_id

    def cancel(self, reason: FinishReason = "cancelled") -> bool:
        """Stop the model and keep what came. Return whether it was still running."""
        if self._log.closed or self._scope.cancel_called:
            return False
        self._cut_reason = reason
        self._scope.cancel()
        return True

    async def follow(self) -> AsyncGenerator[list[SamplingEvent], None]:
        """Yield everything that has happened since the last list, until all siblings are stored.

        The first list begins with `Started`; while the reader is away, events gather. Closing the
        iterator before the end is leaving; when nobody follows any more, the sampling stops and
        has saved what came when the closing returns, unless it is detached.
        """
        self._followers += 1
        try:
            async with aclosing(self._log.follow()) as batches:
                async for batch in batches:
                    yield batch
        finally:
            self._followers -= 1
            if self._followers == 0 and not self._detached and self.cancel("disconnected"):
                with anyio.CancelScope(shield=True):
                    await self._log.wait_closed()

    async def run(self, events: Callable[[], AsyncGenerator[SamplerEvent, None]]) -> None:
        """Read the sampler to its end, save every sibling, never raise for a model's failure."""
        error: GrokTreeError | None = None
        try:
            with self._scope:
                error = await self._read(events)
        finally:
            # Whatever stopped the model, also the end of the server: what came is saved first.
            with anyio.CancelScope(shield=True):
                await self._end_rest(error)
            self._log.close()

    async def _read(
        self, events: Callable[[], AsyncGenerator[SamplerEvent, None]]
    ) -> GrokTreeError | None:
        error: GrokTreeError | None = None
        try:
            async with anyio.create_task_group() as background:
                background.start_soon(self._checkpoint_regularly)
                async with aclosing(events()) as stream:
                    async for event in stream:
                        if isinstance(event, Token):
                            self._take_token(event)
                        else:
                            await self._take(event)
                background.cancel_scope.cancel()
        except* GrokTreeError as group:
            error = _first_error(group)
        except* Exception as group:
            _log.exception("the sampler of %s failed", self.started.model_name)
            name = type(_first_error(group)).__name__
            error = SamplingError(
                f"model {self.started.model_name} failed with {name}; the server's log has more"
            )
        return error

    async def _take(self, event: Reasoning | Finished) -> None:
        sibling = self._siblings[event.index]
        match event:
            case Reasoning():
                sibling.reasoning.append(repaired_text(event.text))
                sibling.dirty = True
                self._log.append(event)
            case Finished():
                await self._end(sibling, event)

    def _take_token(self, token: Token) -> None:
        sibling = self._siblings[token.index]
        text = repaired_text(token.text)
        if sibling.first_token_s is None:
            sibling.first_token_s = self._clock.monotonic() - self._begun_at
        if token.logprob is not None:
            sibling.logprobs.append(msgspec.structs.replace(token.logprob, offset=sibling.length))
        self._log.append(Token(text, token.index, sibling.length, token.logprob))
        sibling.parts.append(text)
        sibling.length += len(text)
        sibling.size += len(text) if text.isascii() else len(text.encode())
        sibling.dirty = True
        if sibling.size > MAX_TEXT_BYTES:
            raise SamplingInterrupted(
                f"the answer of {self.started.model_name} passed {MAX_TEXT_BYTES:,} bytes,"
                " the most that one response can hold; set max_tokens"
            )

    async def _checkpoint_regularly(self) -> None:
        while True:
            await anyio.sleep(CHECKPOINT_S)
            for sibling in self._siblings:
                if sibling.dirty and not sibling.ended:
                    sibling.dirty = False
                    await self._saves.grow(
                        sibling.response_id, sibling.message, "".join(sibling.reasoning)
                    )

    async def _end(
        self, sibling: _Sibling, finished: Finished, error: GrokTreeError | None = None
    ) -> None:
        partial = finished.finish_reason in ("cancelled", "disconnected", "failed")
        duration_s = self._clock.monotonic() - self._begun_at
        finish = Finish(
            message=sibling.message,
            reasoning="".join(sibling.reasoning),
            partial=partial,
            finish_reason=finished.finish_reason,
            usage=finished.usage,
            timing=Timing(first_token_s=sibling.first_token_s, duration_s=duration_s),
            provenance=finished.provenance,
            logprobs=sibling.logprobs,
        )
        sibling.ended = True
        move_leaf = self._move_leaf and not partial
        # Once begun it is carried through: an answer that is stored must also be announced.
        with anyio.CancelScope(shield=True):
            response = await self._saves.finish(sibling.response_id, finish, move_leaf=move_leaf)
        if move_leaf:
            self._move_leaf = False  # the first sibling that succeeds is the leaf
        self._log.append(Ended(response=response, index=finished.index, error=error))

    async def _end_rest(self, error: GrokTreeError | None) -> None:
        reason: FinishReason = self._cut_reason
        if not self._scope.cancel_called and not self._all_ended():
            reason = "failed"
            error = error or SamplingInterrupted(
                f"model {self.started.model_name} stopped without a finish reason;"
                " what came is kept as a partial response"
            )
        for index, sibling in enumerate(self._siblings):
            if not sibling.ended:
                kept = None if error is None else _with_kept_text(error, sibling)
                await self._end(sibling, Finished(finish_reason=reason, index=index), kept)

    def _all_ended(self) -> bool:
        return all(sibling.ended for sibling in self._siblings)


def finished_run(started: Started, responses: list[Response], *, clock: Clock) -> SamplingRun:
    """Return a run that has ended, made from what it stored; for a repeated request."""
    run = SamplingRun(started, _NoSaves(), clock, detached=True, move_leaf=False)
    for index, response in enumerate(responses):
        run._log.append(Token(response.message, index))
        run._log.append(Ended(response=response, index=index))
    run._log.close()
    return run


class _NoSaves:
    async def grow(self, response_id: ResponseId, message: str, reasoning: str) -> None:
        raise AssertionError(response_id, message, reasoning)

    async def finish(self, response_id: ResponseId, finish: Finish, *, move_leaf: bool) -> Response:
        raise AssertionError(response_id, finish, move_leaf)


def _first_error(group: BaseExceptionGroup[E]) -> E:
    first: E | BaseExceptionGroup[E] = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


def _with_kept_text(error: GrokTreeError, sibling: _Sibling) -> GrokTreeError:
    """Return the error with what was kept of this sibling as details."""
    details = {**error.details, "response_id": sibling.response_id}
    details["partial"] = sibling.message[:10_000]
    return type(error)(error.message, **details)
