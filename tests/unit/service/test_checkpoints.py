"""A growing answer is saved in time, however fast it grows, and never waits for the store."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import anyio
import msgspec
import pytest

from grok_tree.errors import StoreError
from grok_tree.forest import (
    Attachment,
    Ended,
    Finished,
    Response,
    ResponseId,
    SamplerEvent,
    SamplingEvent,
    Started,
    Token,
)
from grok_tree.service import SamplingRun, SystemClock
from grok_tree.service import _run as module
from grok_tree.store import Finish
from grok_tree.testing import forest_of
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

STARTED = Started(
    sampling_id="s", human_response=None, response_ids=(ResponseId("r"),), model_name="m"
)

ANSWER = forest_of("a>b").responses[-1]


class Kept:
    """Keeps answers in memory; may be slow or broken."""

    def __init__(self) -> None:
        self.saved: list[str] = []
        self.finished: list[str] = []
        self.saving = anyio.Event()
        self.has_saved = anyio.Event()
        self.go_on = anyio.Event()
        self.go_on.set()
        self.broken = False

    async def grow(self, answers: Sequence[tuple[ResponseId, str, str]]) -> None:
        self.saving.set()
        await self.go_on.wait()
        if self.broken:
            raise StoreError("the disk is full")
        self.saved += [message for _, message, _ in answers]
        self.has_saved.set()

    async def keep_file(self, data: bytes, attachment: Attachment) -> Attachment:
        raise AssertionError(data, attachment)

    async def finish(self, response_id: ResponseId, finish: Finish, *, move_leaf: bool) -> Response:
        del response_id, move_leaf
        if self.broken:
            raise StoreError("the disk is full")
        self.finished.append(finish.message)
        return msgspec.structs.replace(ANSWER, message=finish.message)


def running(kept: Kept) -> SamplingRun:
    return SamplingRun(STARTED, kept, SystemClock(), detached=False, move_leaf=True)


async def gather(run: SamplingRun, seen: list[SamplingEvent]) -> None:
    async for batch in run.follow():
        seen += batch


async def test_many_tokens_are_saved_before_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_S", 3600.0)
    kept = Kept()

    async def model() -> AsyncGenerator[SamplerEvent, None]:
        for _ in range(64):
            yield Token("x")
        await kept.has_saved.wait()
        yield Finished()

    with anyio.fail_after(PATIENCE_S):
        await running(kept).run(model)
    assert kept.saved == ["x" * 64]


async def test_few_tokens_are_saved_when_it_is_time() -> None:
    kept = Kept()

    async def model() -> AsyncGenerator[SamplerEvent, None]:
        yield Token("x")
        with anyio.fail_after(PATIENCE_S):
            await kept.has_saved.wait()
        yield Finished()

    await running(kept).run(model)
    assert kept.saved == ["x"]
    assert module.CHECKPOINT_S < 0.5, "a crash loses half a second at most"


async def test_a_slow_store_holds_no_token_back() -> None:
    kept = Kept()
    kept.go_on = anyio.Event()

    async def model() -> AsyncGenerator[SamplerEvent, None]:
        for _ in range(100):
            yield Token("x")
        await kept.saving.wait()
        for _ in range(1_000):
            yield Token("x")
        yield Finished()

    run = running(kept)
    seen: list[SamplingEvent] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run.run, model)
        with anyio.fail_after(PATIENCE_S):
            await gather(run, seen)
    assert sum(isinstance(event, Token) for event in seen) == 1_100
    assert kept.saved == []


async def test_a_store_that_fails_is_told_to_followers_and_tried_again() -> None:
    kept = Kept()
    kept.broken = True

    async def model() -> AsyncGenerator[SamplerEvent, None]:
        for _ in range(100):
            yield Token("x")
        await kept.saving.wait()
        yield Finished()

    run = running(kept)
    seen: list[SamplingEvent] = []
    with anyio.fail_after(PATIENCE_S):
        await run.run(model)
    with pytest.raises(StoreError, match="full"):
        await gather(run, seen)
    assert sum(isinstance(event, Token) for event in seen) == 100
    assert not any(isinstance(event, Ended) for event in seen)

    assert kept.finished == []
    kept.broken = False
    with anyio.fail_after(PATIENCE_S):
        await run.save_rest()
    assert kept.finished == ["x" * 100]
