"""A repeat of a call follows what an earlier attempt began and left, and nothing else."""

from __future__ import annotations

from functools import partial

import anyio
import pytest

from grok_tree.service import Forests, Said, SamplingRun, StatelessCall

pytestmark = pytest.mark.anyio

PATH = (Said(sender="human", message="hello"),)


def call(request_id: str) -> StatelessCall:
    return StatelessCall(
        request_id=request_id, door="test", path=PATH, model_name="scripted/hang", scope=b"key"
    )


class Client:
    """Calls, and leaves when it is told to."""

    def __init__(self, forests: Forests) -> None:
        self._forests = forests
        self._leaving = anyio.CancelScope()
        self._may_begin = anyio.Event()
        self.called = anyio.Event()
        self.begun = anyio.Event()
        self.run: SamplingRun | None = None

    @property
    def sampling_id(self) -> str:
        return "" if self.run is None else self.run.sampling_id

    def leave(self) -> None:
        self._leaving.cancel()

    def let_begin(self) -> None:
        self._may_begin.set()

    async def ask(
        self, request_id: str, *, is_repeat: bool = False, heard: bool = False, slowly: bool = False
    ) -> None:
        if not slowly:
            self.let_begin()
        begin = partial(self._record, call(request_id))
        sampling = self._forests.attempts.sampling(
            begin, b"same", is_repeat=is_repeat, may_return=lambda: not heard
        )
        with self._leaving:
            async with sampling as self.run:
                self.begun.set()
                await anyio.sleep_forever()

    async def _record(self, asked: StatelessCall) -> SamplingRun:
        self.called.set()
        await self._may_begin.wait()
        return await self._forests.record(asked)


@pytest.mark.parametrize("noticed_first", [True, False])
async def test_a_repeat_follows_what_was_left(forests: Forests, noticed_first: bool) -> None:
    first, second = Client(forests), Client(forests)
    async with anyio.create_task_group() as tasks:

        async def leave_first() -> None:
            await first.begun.wait()
            first.leave()

        async def repeat() -> None:
            await first.begun.wait()
            await second.ask("2", is_repeat=True)

        tasks.start_soon(first.ask, "1")
        for step in (leave_first, repeat) if noticed_first else (repeat, leave_first):
            tasks.start_soon(step)
        await second.begun.wait()
        second.leave()
    assert second.sampling_id == "1"


async def test_a_repeat_that_is_left_can_be_repeated(forests: Forests) -> None:
    clients = [Client(forests) for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        for number, client in enumerate(clients):
            tasks.start_soon(partial(client.ask, str(number), is_repeat=number > 0))
            await client.begun.wait()
            client.leave()
    assert [client.sampling_id for client in clients] == ["0"] * 3


async def test_equal_calls_that_were_left_have_a_repeat_each(forests: Forests) -> None:
    calls, repeats = ([Client(forests) for _ in range(2)] for _ in range(2))
    async with anyio.create_task_group() as tasks:
        for number, client in enumerate(calls):
            tasks.start_soon(client.ask, str(number))
            await client.begun.wait()
        for client in repeats:
            tasks.start_soon(partial(client.ask, "repeat", is_repeat=True))
        for left in calls:
            left.leave()
        for client in repeats:
            await client.begun.wait()
            client.leave()
    assert sorted(client.sampling_id for client in repeats) == ["0", "1"]


async def test_a_call_that_is_left_while_it_begins_is_followed(forests: Forests) -> None:
    first, second = Client(forests), Client(forests)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(first.ask, "1", slowly=True))
        await first.called.wait()
        first.leave()
        tasks.start_soon(partial(second.ask, "2", is_repeat=True))
        first.let_begin()
        await second.begun.wait()
        second.leave()
    assert second.sampling_id == "1"


async def test_who_is_still_there_or_has_heard_is_not_followed(forests: Forests) -> None:
    there, heard, repeat = Client(forests), Client(forests), Client(forests)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(there.ask, "1")
        tasks.start_soon(partial(heard.ask, "2", heard=True))
        await heard.begun.wait()
        heard.leave()
        tasks.start_soon(partial(repeat.ask, "3", is_repeat=True))
        await repeat.begun.wait()
        there.leave()
        repeat.leave()
    assert repeat.sampling_id == "3"


async def test_what_was_stopped_meanwhile_is_not_followed(forests: Forests) -> None:
    first, repeat = Client(forests), Client(forests)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.ask, "1")
        await first.begun.wait()
        first.leave()
        assert first.run is not None
        first.run.cancel()
        await first.run.wait_ended()
        tasks.start_soon(partial(repeat.ask, "2", is_repeat=True))
        await repeat.begun.wait()
        repeat.leave()
    assert repeat.sampling_id == "2"


async def test_who_does_not_come_back_stops_the_model(forests: Forests) -> None:
    client = Client(forests)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.ask, "1")
        await client.begun.wait()
        client.leave()
    assert client.run is not None
    await client.run.wait_ended()
    assert client.run.was_cut
