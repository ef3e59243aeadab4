"""What goes wrong at xAI, on the way there, and here."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
import pytest

from grok_tree.errors import (
    AuthenticationFailed,
    ContextTooLong,
    DeadlineExceededError,
    GrokTreeError,
    ModelNotFound,
    PermissionDenied,
    RateLimited,
    SamplerRefused,
    SamplerUnavailable,
    SamplingError,
    SamplingInterrupted,
)
from grok_tree.forest import Settings, Token
from grok_tree.samplers import XaiSampler
from grok_tree.samplers._pace import N_AT_FIRST
from grok_tree.samplers._retrying import Retrying
from grok_tree.testing import ends_of, prompt_of, sampled, text_of
from tests.patience import PATIENCE_S
from tests.unit.samplers._xai_server import (
    KEY,
    MODEL,
    XaiServer,
    chunk,
    cut,
    end,
    fails,
    hangs,
    output,
    says_words,
)

pytestmark = pytest.mark.anyio
QUESTION = prompt_of("hi")
Code = grpc.StatusCode


async def failure(grok: XaiSampler, *, n: int = 1) -> tuple[list[Any], GrokTreeError]:
    return await cut(grok.sample(MODEL, QUESTION, Settings(), n))


@pytest.mark.parametrize(
    ("code", "details", "kind", "next_step"),
    [
        (Code.UNAUTHENTICATED, "no", AuthenticationFailed, "set TEST_KEY"),
        (Code.INVALID_ARGUMENT, "Incorrect API key provided", AuthenticationFailed, "TEST_KEY"),
        (Code.PERMISSION_DENIED, "Invalid API key", AuthenticationFailed, "set TEST_KEY"),
        (Code.PERMISSION_DENIED, "Content violates usage guidelines", SamplerRefused, "words"),
        (Code.PERMISSION_DENIED, "Failed safety check: bio", SamplerRefused, "say it in other"),
        (Code.PERMISSION_DENIED, "team has no credits", PermissionDenied, "console"),
        (Code.INVALID_ARGUMENT, "maximum prompt length is 5", ContextTooLong, "branch from"),
        (Code.INVALID_ARGUMENT, "no such field", SamplerRefused, "change what it names"),
        (Code.FAILED_PRECONDITION, "not now", SamplerRefused, "change"),
        (Code.UNIMPLEMENTED, "not here", SamplerRefused, "change"),
        (Code.NOT_FOUND, "no model", ModelNotFound, "grok-tree models"),
        (Code.INTERNAL, "oh", SamplingError, "sample again"),
        (Code.UNKNOWN, "", SamplingError, "without a word"),
    ],
)
async def test_what_xai_refuses_says_what_to_do(
    xai: XaiServer,
    grok: XaiSampler,
    *,
    code: grpc.StatusCode,
    details: str,
    kind: type[GrokTreeError],
    next_step: str,
) -> None:
    xai.script = fails(code, details)

    _, error = await failure(grok)

    assert type(error) is kind
    assert details in error.message
    assert next_step in error.message
    assert error.grpc_status == code.name
    assert len(xai.requests) == 1, "it is not asked again"


async def test_a_provider_that_is_busy_is_asked_again(xai: XaiServer, grok: XaiSampler) -> None:
    xai.scripts = [fails(Code.UNAVAILABLE, "busy"), fails(Code.RESOURCE_EXHAUSTED, "slow down")]
    xai.script = says_words("Now.")

    events = await sampled(grok, MODEL, QUESTION)

    assert text_of(events) == "Now."
    assert len(xai.requests) == 3
    assert ends_of(events)[0].provenance["n_attempts"] == "3"
    assert not any("grpc-previous-rpc-attempts" in one for one in xai.metadata)


async def test_a_provider_that_stays_away_is_unavailable(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = fails(Code.UNAVAILABLE, "overloaded")

    _, error = await failure(grok)

    assert isinstance(error, SamplerUnavailable)
    assert "overloaded" in error.message
    assert len(xai.requests) == 3


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("9999", 120.0), ("soon", None)])
async def test_how_long_to_wait_is_told(
    xai: XaiServer, *, header: str, seconds: float | None
) -> None:
    sampler = xai.sampler(retrying=Retrying(n_tries=1))
    xai.script = fails(Code.RESOURCE_EXHAUSTED, "too many", retry_after=header)

    _, error = await failure(sampler)

    assert isinstance(error, RateLimited)
    assert error.retry_after_s == seconds
    await sampler.aclose()


async def test_nothing_is_asked_again_after_the_first_token(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = fails(Code.UNAVAILABLE, "gone", after=[chunk(output("half"))])

    came, error = await failure(grok)

    assert came == [Token("half")]
    assert isinstance(error, SamplingInterrupted)
    assert "resume or resample" in error.message
    assert len(xai.requests) == 1


@pytest.mark.parametrize("k", [1, 2, 7])
async def test_a_stream_that_is_cut_keeps_what_came(
    xai: XaiServer, grok: XaiSampler, k: int
) -> None:
    said = [chunk(output(f"{number} ")) for number in range(k)]
    xai.script = hangs(*said)
    stream = grok.sample(MODEL, QUESTION, Settings(), 1)
    came = [await anext(stream) for _ in range(k)]

    await xai.stop()
    rest, error = await cut(stream)

    assert text_of([*came, *rest]) == "".join(f"{number} " for number in range(k))
    assert isinstance(error, SamplingInterrupted)


async def test_a_sibling_that_fails_leaves_the_others_alone(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = says_words("a", "b")
    xai.scripts = [fails(Code.INVALID_ARGUMENT, "no")]

    came, error = await failure(grok, n=3)

    assert isinstance(error, SamplerRefused)
    assert len(ends_of(came)) == 2


async def test_leaving_an_answer_cancels_it_at_the_provider(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = hangs(chunk(output("one")))
    for number in range(20):
        async with aclosing(grok.sample(MODEL, QUESTION, Settings(), 1)) as stream:
            await anext(stream)
        async with asyncio.timeout(PATIENCE_S):
            await xai.cancelled(number + 1)


async def test_leaving_siblings_cancels_them_all(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = hangs(chunk(output("one")))
    async with aclosing(grok.sample(MODEL, QUESTION, Settings(), 8)) as stream:
        for _ in range(8):
            await anext(stream)
    async with asyncio.timeout(PATIENCE_S):
        await xai.cancelled(8)


@pytest.mark.parametrize("n_words", [0, 1], ids=["before the first token", "after it"])
async def test_cancelling_the_reader_cancels_the_answer(
    xai: XaiServer, grok: XaiSampler, n_words: int
) -> None:
    xai.script = hangs(*[chunk(output("one"))] * n_words)
    for number in range(10):
        reading = asyncio.create_task(sampled(grok, MODEL, QUESTION))
        await xai.asked(number + 1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        async with asyncio.timeout(PATIENCE_S):
            await xai.cancelled(number + 1)


async def test_closing_the_sampler_interrupts_what_runs(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = hangs(chunk(output("one")))
    stream = grok.sample(MODEL, QUESTION, Settings(), 2)
    await anext(stream)

    await grok.aclose()
    _, error = await cut(stream)

    assert isinstance(error, SamplingInterrupted)
    assert "closed" in error.message
    with pytest.raises(SamplerUnavailable, match="start again"):
        grok.check(MODEL, Settings(), 1)


async def test_an_answer_may_take_so_long_and_no_longer(xai: XaiServer) -> None:
    xai.script = hangs(chunk(output("one")))
    sampler = xai.sampler(deadline_s=2.0)

    came, error = await failure(sampler)

    assert came == [Token("one")]
    assert isinstance(error, DeadlineExceededError)
    assert "deadline_s" in error.message
    await sampler.aclose()


async def test_a_provider_that_falls_silent_is_left(xai: XaiServer) -> None:
    xai.script = hangs(chunk(output("one")))
    sampler = xai.sampler(silence_s=1.0)

    came, error = await failure(sampler)

    assert came == [Token("one")]
    assert isinstance(error, SamplingInterrupted)
    assert "fell silent for 1 s" in error.message
    await xai.cancelled(1)
    await sampler.aclose()


async def test_a_provider_that_never_speaks_is_unavailable(xai: XaiServer) -> None:
    xai.script = hangs()
    sampler = xai.sampler(silence_s=0.1)

    _, error = await failure(sampler)

    assert isinstance(error, SamplerUnavailable)
    assert "silence_s" in error.message
    await sampler.aclose()


async def test_a_port_where_nobody_listens_is_unavailable(xai: XaiServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    sampler = xai.sampler(host=f"127.0.0.1:{port}")

    _, error = await failure(sampler)

    assert isinstance(error, SamplerUnavailable)
    assert f"127.0.0.1:{port}" in error.message
    await sampler.aclose()


async def test_a_message_that_is_too_large_to_be_read_is_not_asked_for_again(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = says_words("x" * (21 * 2**20))

    _, error = await failure(grok)

    assert type(error) is SamplingError
    assert "too large" in error.message
    assert len(xai.requests) == 1


@pytest.mark.parametrize("code", [Code.UNAUTHENTICATED, Code.INTERNAL, Code.RESOURCE_EXHAUSTED])
async def test_the_key_is_in_no_error(
    xai: XaiServer, grok: XaiSampler, code: grpc.StatusCode
) -> None:
    xai.script = fails(code, f"Incorrect API key provided: {KEY}", after=())

    _, error = await failure(grok)

    shown = "".join(traceback.format_exception(error))
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    assert "[key]" in error.message
    assert KEY not in shown
    assert not any(KEY in f"{one!r} {one}" for one in chain)


async def test_the_key_is_in_no_repr(grok: XaiSampler) -> None:
    assert KEY not in repr(vars(grok))
    assert KEY not in repr(grok._configuration)


async def test_without_a_word_about_it_everything_is_encrypted(xai: XaiServer) -> None:
    sampler = xai.sampler(insecure=False)

    _, error = await failure(sampler)

    assert isinstance(error, SamplerUnavailable)
    assert not xai.requests, "not even the key is said in the open"
    await sampler.aclose()


async def test_long_pieces_of_an_answer_come_through(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = says_words("x" * 10 * 2**20)

    assert len(text_of(await sampled(grok, MODEL, QUESTION))) == 10 * 2**20


async def test_many_siblings_are_asked_for_at_the_pace_of_the_model(
    xai: XaiServer, grok: XaiSampler
) -> None:
    n_asked_before_an_end: list[int] = []

    async def script(request: Any, context: Any) -> AsyncIterator[Any]:
        del request, context
        yield chunk(output("x"))
        if len(xai.requests) < N_AT_FIRST:
            await xai.asked(N_AT_FIRST)
        n_asked_before_an_end.append(len(xai.requests))
        yield end()

    xai.script = script
    events = await sampled(grok, MODEL, QUESTION, n=3 * N_AT_FIRST)

    assert len(ends_of(events)) == 3 * N_AT_FIRST
    assert n_asked_before_an_end[0] == N_AT_FIRST
