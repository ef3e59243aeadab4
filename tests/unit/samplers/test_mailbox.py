"""What a thread puts, the loop takes."""

from __future__ import annotations

import asyncio
from threading import Thread

import pytest

from grok_tree.samplers._mailbox import Mailbox

pytestmark = pytest.mark.anyio


async def everything(mail: Mailbox[int]) -> list[list[int]]:
    batches = []
    while items := await mail.take():
        batches.append(items)
    return batches


async def test_what_gathers_is_taken_at_once() -> None:
    mail: Mailbox[int] = Mailbox()
    for item in range(3):
        mail.put(item)
    mail.close()
    assert await everything(mail) == [[0, 1, 2]]


async def test_a_waiting_reader_is_woken_by_another_thread() -> None:
    mail: Mailbox[int] = Mailbox()

    def write() -> None:
        for item in range(1_000):
            mail.put(item)
        mail.close()

    writer = Thread(target=write)
    asyncio.get_running_loop().call_soon(writer.start)
    batches = await everything(mail)
    writer.join()
    assert [item for batch in batches for item in batch] == list(range(1_000))


async def test_an_error_comes_after_what_was_put_before_it() -> None:
    mail: Mailbox[int] = Mailbox()
    mail.put(1)
    mail.close(ValueError("broken"))
    assert await mail.take() == [1]
    with pytest.raises(ValueError, match="broken"):
        await mail.take()


async def test_after_the_end_nothing_changes() -> None:
    mail: Mailbox[int] = Mailbox()
    mail.close()
    mail.put(1)
    mail.close(ValueError("too late"))
    assert await mail.take() == []


async def test_a_reader_that_gave_up_loses_nothing() -> None:
    mail: Mailbox[int] = Mailbox()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await mail.take()
    mail.put(1)
    assert await mail.take() == [1]


def test_putting_after_the_loop_has_ended_is_no_error() -> None:
    async def made() -> Mailbox[int]:
        return Mailbox()

    mail = asyncio.run(made())
    mail.put(1)
    mail.close()
