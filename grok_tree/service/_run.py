"""One running sampling: it belongs to the server, and any number of readers may follow it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Protocol, TypeVar

import anyio

from grok_tree.errors import GrokTreeError, SamplingError, SamplingInterrupted, StoreError
from grok_tree.forest import (
    Attachment,
    Ended,
    Finished,
    FinishReason,
    Part,
    Pictured,
    Reasoning,
    Response,
    ResponseId,
    SamplerEvent,
    SamplingEvent,
    Started,
    Token,
    Usage,
    repaired_text,
)
from grok_tree.service._answer import GrowingAnswer, billed_in
from grok_tree.service._log import EventLog
from grok_tree.service._ports import Clock
from grok_tree.service._replay import Skipper, cut_error, replay, text_pieces
from grok_tree.store import Finish

CHECKPOINT_S = 0.4
"""A growing answer is saved at least this often; a crash loses at most what came since."""

CHECKPOINT_TOKENS = 60
"""... and as soon as one has so many new tokens, so that a fast model loses no more than that."""

CHECKPOINT_PAUSE_S = 0.05
CHECKPOINT_SHARE = 20
"""Saving takes at most one part in so many of the time, whatever the store and the model do."""

RESAVE_S = 0.5
LONGEST_RESAVE_S = 30.0
"""Pauses between attempts to store an answer that the store has not taken."""

E = TypeVar("E", bound=Exception)

_log = logging.getLogger(__name__)


class Saves(Protocol):
    """Where a run keeps what it has."""

    async def grow(self, answers: Sequence[tuple[ResponseId, str, str]]) -> None:
        """Save growing answers (id, message, reasoning); need not survive a power cut."""

    async def keep_file(self, data: bytes, attachment: Attachment) -> Attachment:
        """Keep what a model made; return where it is."""

    async def finish(self, response_id: ResponseId, finish: Finish, *, move_leaf: bool) -> Response:
        """Save an answer for good and return it."""


class SamplingRun:
    """A sampling from its first token to its last stored sibling.

    The run appends every event to one log, which its followers read each at its own pace.

    Attributes:
        started: What was stored when it began.
        conversation_id: Where its answers are stored; empty where nothing is.
    """

    def __init__(
        self,
        started: Started,
        saves: Saves,
        clock: Clock,
        *,
        detached: bool,
        move_leaf: bool,
        prefix: str = "",
        conversation_id: str = "",
    ) -> None:
        """Prepare a sampling whose answers are stored and still empty, but for their prefix.

        Args:
            started: What was stored.
            saves: Where it is kept.
            clock: Where time comes from.
            detached: Whether it goes on when nobody follows any more.
            move_leaf: Whether the first answer that succeeds becomes the leaf.
            prefix: The text with which every answer begins.
            conversation_id: Where the answers are stored; empty where they are not.
        """
        self.started = started
        self.conversation_id = conversation_id
        self._saves = saves
        self._clock = clock
        self._detached = detached
        self._move_leaf = move_leaf
        self._answers = [GrowingAnswer(one, prefix) for one in started.response_ids]
        self._log: EventLog[SamplingEvent] = EventLog()
        self._log.append(started)
        for index in range(len(self._answers)):
            for piece in text_pieces(prefix, index):
                self._log.append(piece)
        self._much_unsaved = anyio.Event()
        self._unsaved: list[tuple[ResponseId, Finish]] = []
        self._why_unsaved: GrokTreeError | None = None
        self._followers = 0
        self._scope = anyio.CancelScope()
        self._cut_reason: FinishReason = "cancelled"
        self._begun_at = clock.monotonic()

    @property
    def sampling_id(self) -> str:
        """The id by which it can be cancelled and followed."""
        return self.started.sampling_id

    @property
    def has_begun(self) -> bool:
        """Whether the model has said something, or everything has ended."""
        return len(self._log) > 1 or self._log.closed

    @property
    def was_cut(self) -> bool:
        """Whether everything has ended, and nothing of it is whole."""
        return self._log.closed and not any(
            isinstance(event, Ended) and not event.response.partial for event in self._log
        )

    async def wait_begun(self) -> None:
        """Wait until the model has said something, or everything has ended."""
        await self._log.wait_beyond(1)

    async def wait_ended(self) -> None:
        """Wait until all siblings are stored."""
        await self._log.wait_closed()

    def cancel(self, reason: FinishReason = "cancelled") -> bool:
        """Stop the model and keep what came. Return whether it was still running."""
        if self._log.closed or self._scope.cancel_called:
            return False
        self._cut_reason = reason
        self._scope.cancel()
        return True

    async def follow(
        self, from_characters: Sequence[int] = ()
    ) -> AsyncGenerator[list[SamplingEvent], None]:
        """Yield everything that has happened since the last list, until all siblings are stored.

        The first list begins with `Started`; while the reader is away, events gather. Closing the
        iterator before the end is leaving; when nobody follows any more, the sampling stops and
        has saved what came when the closing returns, unless it is detached.

        Args:
            from_characters: For each sibling, how much of its message is left out at the
                beginning; missing: nothing.

        Raises:
            StoreError: An answer could not be stored; its text was in the events.
        """
        leave = self.hold()
        skipped = Skipper(from_characters)
        try:
            async with aclosing(self._log.follow()) as batches:
                async for batch in batches:
                    yield skipped(batch)
            if self._why_unsaved is not None:
                raise self._why_unsaved
        finally:
            if leave():
                with anyio.CancelScope(shield=True):
                    await self._log.wait_closed()

    def hold(self) -> Callable[[], bool]:
        """Count as somebody who follows, without reading anything.

        Returns:
            What ends that, to be called once; it says whether the sampling stops therefore.
        """
        self._followers += 1

        def leave() -> bool:
            self._followers -= 1
            return self._followers == 0 and not self._detached and self.cancel("disconnected")

        return leave

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

    async def save_rest(self) -> None:
        """Store what could not be stored when it ended; try until the store takes it."""
        pause = RESAVE_S
        while self._unsaved:
            await anyio.sleep(pause)
            pause = min(2 * pause, LONGEST_RESAVE_S)
            response_id, finish = self._unsaved[0]
            try:
                # Its readers were told of a failure, so the leaf stays where they think it is.
                await self._saves.finish(response_id, finish, move_leaf=False)
            except StoreError:
                continue
            except GrokTreeError:
                _log.exception("response %s can be stored no more", response_id)
            del self._unsaved[0]

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

    async def _take(self, event: Reasoning | Part | Finished) -> None:
        answer = self._answers[event.index]
        match event:
            case Reasoning():
                text = repaired_text(event.text)
                answer.take_reasoning(text)
                self._log.append(Reasoning(text, event.index))
            case Finished():
                await self._end(answer, event)
            case Pictured() if event.data:
                kept = await self._saves.keep_file(event.data, event.attachment)
                self._log.append(answer.take_part(Pictured(kept, event.index)))
            case _:
                self._log.append(answer.take_part(event))

    def _take_token(self, token: Token) -> None:
        answer = self._answers[token.index]
        self._log.append(answer.take_token(token, self._clock.monotonic() - self._begun_at))
        if answer.n_unsaved == CHECKPOINT_TOKENS:
            self._much_unsaved.set()

    async def _checkpoint_regularly(self) -> None:
        """Save what grows; tokens never wait for it, since the store may be slow."""
        pause = CHECKPOINT_PAUSE_S
        while True:
            await anyio.sleep(pause)
            with anyio.move_on_after(CHECKPOINT_S - pause):
                await self._much_unsaved.wait()
            self._much_unsaved = anyio.Event()
            begun = self._clock.monotonic()
            await self._checkpoint()
            took = self._clock.monotonic() - begun
            pause = min(CHECKPOINT_S, max(CHECKPOINT_PAUSE_S, CHECKPOINT_SHARE * took))

    async def _checkpoint(self) -> None:
        growing = [one for one in self._answers if one.n_unsaved and not one.ended]
        if not growing:
            return
        for answer in growing:
            answer.n_unsaved = 0
        try:
            await self._saves.grow([(a.response_id, a.message, a.reasoning) for a in growing])
        except GrokTreeError:
            # The model goes on: the answer is still here, and is tried again.
            _log.exception("sampling %s could not be saved meanwhile", self.sampling_id)
            for answer in growing:
                answer.n_unsaved += 1

    async def _end(
        self, answer: GrowingAnswer, finished: Finished, error: GrokTreeError | None = None
    ) -> None:
        finish = answer.finish(finished, self._clock.monotonic() - self._begun_at)
        answer.ended = True
        move_leaf = self._move_leaf and not finish.partial
        # Once begun it is carried through: an answer that is stored must also be announced.
        with anyio.CancelScope(shield=True):
            try:
                response = await self._saves.finish(answer.response_id, finish, move_leaf=move_leaf)
            except GrokTreeError as unsaved:
                _log.exception("response %s could not be stored", answer.response_id)
                self._why_unsaved = unsaved
                if isinstance(unsaved, StoreError):
                    self._unsaved.append((answer.response_id, finish))
                return
        if move_leaf:
            self._move_leaf = False  # the first sibling that succeeds is the leaf
        error = answer.error(error) if error else None
        if self._cut_reason == "disconnected":
            error = error or cut_error(response)
        self._log.append(Ended(response=response, index=finished.index, error=error))

    async def _end_rest(self, error: GrokTreeError | None) -> None:
        reason: FinishReason = self._cut_reason
        if not self._scope.cancel_called and not all(one.ended for one in self._answers):
            reason = "failed"
            error = error or SamplingInterrupted(
                f"model {self.started.model_name} stopped without a finish reason;"
                " what came is kept as a partial response"
            )
        # The bill for all is one, so it is the first one's.
        usage = billed_in(error)
        for index, answer in enumerate(self._answers):
            if not answer.ended:
                finished = Finished(finish_reason=reason, index=index, usage=usage)
                await self._end(answer, finished, error)
                usage = Usage(cost_usd=None if usage.cost_usd is None else 0.0)


def ended_run(started: Started, responses: Sequence[Response], clock: Clock) -> SamplingRun:
    """Return a run that has ended, made from what it stored."""
    run = SamplingRun(
        started,
        _NoSaves(),
        clock,
        detached=True,
        move_leaf=False,
        conversation_id=responses[0].conversation_id,
    )
    for event in replay(started, responses)[1:]:
        run._log.append(event)
    run._log.close()
    return run


class _NoSaves:
    async def keep_file(self, data: bytes, attachment: Attachment) -> Attachment:
        raise AssertionError(data, attachment)

    async def grow(self, answers: Sequence[tuple[ResponseId, str, str]]) -> None:
        raise AssertionError(answers)

    async def finish(self, response_id: ResponseId, finish: Finish, *, move_leaf: bool) -> Response:
        raise AssertionError(response_id, finish, move_leaf)


def _first_error(group: BaseExceptionGroup[E]) -> E:
    first: E | BaseExceptionGroup[E] = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
