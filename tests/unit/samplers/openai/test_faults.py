"""What providers do wrong: refusals, cuts, silence, and answers that make no sense."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime

import anyio
import anyio.lowlevel
import pytest

from grok_tree.errors import (
    AuthenticationFailed,
    ContextTooLong,
    GrokTreeError,
    ModelNotFound,
    PermissionDenied,
    RateLimited,
    SamplerRefused,
    SamplerUnavailable,
    SamplingError,
    SamplingInterrupted,
)
from grok_tree.forest import SamplerEvent, Settings, Token
from grok_tree.samplers import OpenAISampler, endpoint
from grok_tree.testing import ends_of, prompt_of, text_of
from tests.patience import PATIENCE_S
from tests.unit.samplers.openai._fake import (
    DONE,
    KEY,
    Fake,
    Reply,
    ended,
    event,
    failed,
    joined,
    running_fake,
    said,
    stream,
    used,
    whole,
)

pytestmark = pytest.mark.anyio
HELLO = Reply(stream("Hello", " there"))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Waits:
    """Passes the time instead of waiting."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def clock(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def sampler_of(
    address: str, waits: Waits | None = None, **options: object
) -> AsyncIterator[OpenAISampler]:
    waits = waits or Waits()
    table = {"base_url": address, "key_variable": "LAB_KEY", **options}
    made = OpenAISampler(
        endpoint("lab", table),
        key=KEY,
        clock=waits.clock,
        sleep=waits.sleep,
        now=NOW.timestamp,
    )
    try:
        yield made
    finally:
        await made.aclose()


async def ask(
    fake: Fake,
    *,
    n: int = 1,
    waits: Waits | None = None,
    **options: object,
) -> list[SamplerEvent]:
    """Sample once; what came before an error is in its notes."""
    async with sampler_of(fake.address, waits, **options) as sampler:
        return await read(sampler, n=n)


async def read(sampler: OpenAISampler, n: int = 1, **settings: object) -> list[SamplerEvent]:
    events: list[SamplerEvent] = []
    wanted = Settings(**settings)  # type: ignore[arg-type]
    try:
        async with aclosing(sampler.sample("m", prompt_of("hello"), wanted, n)) as events_:
            async for one in events_:
                events.append(one)  # noqa: PERF401 - kept for the error
    except GrokTreeError as error:
        error.__dict__["came"] = events
        raise
    return events


async def until_the_end(
    sampler: OpenAISampler,
) -> tuple[list[SamplerEvent], GrokTreeError | None]:
    try:
        return await read(sampler), None
    except GrokTreeError as error:
        return came_before(error), error


def came_before(error: GrokTreeError) -> list[SamplerEvent]:
    found: list[SamplerEvent] = error.__dict__["came"]
    return found


# Asked to wait (U1)


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": format_datetime(NOW.replace(second=9), usegmt=True)}, 9.0),
        ({"Retry-After": "86400"}, 120.0),
        ({"retry-after-ms": "1500"}, 1.5),
    ],
    ids=["seconds", "date", "absurd", "milliseconds"],
)
async def test_a_provider_that_asks_for_patience_gets_it(
    headers: dict[str, str], waited: float
) -> None:
    waits = Waits()
    async with running_fake(failed(429, headers=headers), HELLO) as fake:
        events = await ask(fake, waits=waits)
    assert text_of(events) == "Hello there"
    assert ends_of(events)[0].provenance["n_attempts"] == "2"
    assert sum(waits.slept) == pytest.approx(waited)


async def test_a_provider_that_does_not_say_how_long_is_asked_again_soon() -> None:
    waits = Waits()
    async with running_fake(failed(429), HELLO) as fake:
        assert text_of(await ask(fake, waits=waits)) == "Hello there"
    assert 0 < sum(waits.slept) <= 1


async def test_three_refusals_are_an_error_that_says_when_to_come_back() -> None:
    async with running_fake(failed(429, "slow down", headers={"Retry-After": "7"})) as fake:
        with pytest.raises(RateLimited, match="slow down") as caught:
            await ask(fake)
        assert len(fake.asked) == 3
    assert caught.value.retry_after_s == 7


async def test_a_wait_beyond_the_patience_is_not_begun() -> None:
    async with running_fake(failed(429, headers={"Retry-After": "60"})) as fake:
        with pytest.raises(RateLimited):
            await ask(fake, patience_s=30.0)
        assert len(fake.asked) == 1


async def test_a_quota_that_is_spent_is_not_waited_for() -> None:
    async with running_fake(failed(429, "pay", code="insufficient_quota")) as fake:
        with pytest.raises(RateLimited, match="check its plan and credit"):
            await ask(fake)
        assert len(fake.asked) == 1


async def test_other_models_are_not_held_back() -> None:
    waits = Waits()
    busy = failed(429, headers={"Retry-After": "100"})
    async with (
        running_fake(busy) as fake,
        sampler_of(fake.address, waits, patience_s=10.0) as sampler,
    ):
        with pytest.raises(RateLimited):
            await read(sampler)
        fake.replies = [HELLO]
        other = sampler.sample("other", prompt_of("hello"), Settings(), 1)
        assert text_of([one async for one in other]) == "Hello there"
        assert waits.slept == []
        await read(sampler)
        assert sum(waits.slept) == pytest.approx(100)


# Not there (U2)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 529])
async def test_a_provider_in_trouble_is_asked_three_times(status: int) -> None:
    async with running_fake(failed(status, "overloaded")) as fake:
        with pytest.raises(SamplerUnavailable, match=f"{status} .overloaded.") as caught:
            await ask(fake)
        assert len(fake.asked) == 3
    assert caught.value.details["http_status"] == status


async def test_an_error_page_is_not_shown() -> None:
    page = Reply((b"<html><body>Bad gateway</body></html>",), 502, {"Content-Type": "text/html"})
    async with running_fake(page) as fake:
        with pytest.raises(SamplerUnavailable, match="gives no reason"):
            await ask(fake)


async def test_a_port_where_nobody_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    async with sampler_of(address) as sampler:
        with pytest.raises(SamplerUnavailable, match="refused the connection") as caught:
            await read(sampler)
    assert address in str(caught.value)
    assert caught.value.__cause__ is not None


async def test_a_host_that_nobody_knows_is_named() -> None:
    async with sampler_of("http://no-such-host.invalid/v1") as sampler:
        with pytest.raises(SamplerUnavailable, match="host name that is not known"):
            await read(sampler)


async def test_a_server_without_tls_is_named() -> None:
    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with sampler_of(f"https://127.0.0.1:{port}/v1") as sampler:
            with pytest.raises(SamplerUnavailable, match="does not speak TLS"):
                await read(sampler)


async def test_an_end_before_the_first_token_is_repeated() -> None:
    cut = Reply(stream("Hello"), cut_after=3)
    async with running_fake(cut, cut, HELLO) as fake:
        events = await ask(fake)
    assert text_of(events) == "Hello there"
    assert ends_of(events)[0].provenance["n_attempts"] == "3"


async def test_an_end_after_the_first_token_is_not_repeated() -> None:
    cut = Reply(stream("Hello", " there"), cut_after=len(said("Hello")) + 5)
    async with running_fake(cut) as fake:
        with pytest.raises(SamplingInterrupted, match="what came is kept") as caught:
            await ask(fake)
        assert len(fake.asked) == 1
    assert text_of(came_before(caught.value)) == "Hello"


async def test_a_kept_connection_that_died_meanwhile_costs_no_attempt() -> None:
    async with running_fake(HELLO) as fake, sampler_of(fake.address) as sampler:
        await read(sampler)
        fake.replies = [Reply(stream("again"), headers={"Connection": "keep-alive"})]
        events = await read(sampler)
    assert "n_attempts" not in ends_of(events)[0].provenance


# Providers that refuse, as in U3


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (failed(400, "top_p is wrong"), SamplerRefused, "top_p is wrong"),
        (failed(422, "odd"), SamplerRefused, "odd"),
        (failed(400, "flagged", code="content_filter"), SamplerRefused, "flagged"),
        (failed(400, "x", code="context_length_exceeded"), ContextTooLong, "earlier response"),
        (failed(400, "maximum context length is 8"), ContextTooLong, "context length is 8"),
        (failed(401, f"Incorrect key {KEY}"), AuthenticationFailed, "set LAB_KEY"),
        (failed(402, "no credit"), SamplerRefused, "no credit"),
        (failed(403, f"not with {KEY}"), PermissionDenied, "not with \\*\\*\\*"),
        (failed(404, "no such model"), ModelNotFound, "lab/m"),
        (Reply(status=404), ModelNotFound, "most end in /v1"),
        (Reply((b'{"detail": "Not Found"}',), 404), ModelNotFound, "Not Found"),
        (Reply(status=307, headers={"Location": "http://x/"}), SamplerUnavailable, "elsewhere"),
        (
            Reply((b"<html>hi</html>",), 200, {"Content-Type": "text/html"}),
            SamplerUnavailable,
            "web",
        ),
        (
            Reply((b"{}",), 200, {"Content-Type": "application/json"}),
            SamplerUnavailable,
            "no answer",
        ),
    ],
)
async def test_a_refusal_is_named(reply: Reply, error: type[GrokTreeError], says: str) -> None:
    async with running_fake(reply) as fake:
        with pytest.raises(error, match=says):
            await ask(fake)
        assert error is SamplerUnavailable or len(fake.asked) == 1


async def test_the_key_is_sent_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    for status in (400, 401, 403, 404, 429, 500):
        async with running_fake(failed(status, f"your key {KEY} and {KEY[:9]}")) as fake:
            with pytest.raises(GrokTreeError) as caught:
                await ask(fake)
            assert fake.asked[0].headers["authorization"] == f"Bearer {KEY}"
        shown += [str(caught.value), repr(caught.value), repr(caught.value.details)]
    async with running_fake(HELLO) as fake, sampler_of(fake.address) as sampler:
        shown += [repr(await read(sampler)), repr(sampler), repr(sampler.models())]
    assert not [text for text in [*shown, caplog.text] if "canary" in text]


async def test_an_error_inside_a_events_is_named() -> None:
    bad = Reply((said("Hello"), event(error={"message": "out of memory", "code": 500})))
    async with running_fake(bad) as fake:
        with pytest.raises(SamplerUnavailable, match="out of memory") as caught:
            await ask(fake)
        assert len(fake.asked) == 1
    assert text_of(came_before(caught.value)) == "Hello"


async def test_what_a_provider_withholds_is_an_error_after_what_came() -> None:
    reply = Reply((said("Hello"), ended("content_filter"), DONE))
    async with running_fake(reply) as fake:
        with pytest.raises(SamplingError, match="withheld") as caught:
            await ask(fake)
        assert len(fake.asked) == 1
    assert text_of(came_before(caught.value)) == "Hello"


# Cut and damaged streams (U4)

TEXT = "Hällo 🦔, wie geht's?"
RECORDED = joined(
    (
        b": ping\r\n\r\n",
        event(id="c", choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}}]),
        *(said(piece) for piece in ("Hällo", " 🦔", ", wie", " geht's?")),
        b"data:\n\n",
        ended(),
        used(),
        DONE,
    )
)


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "close-framed"])
async def test_a_events_that_is_cut_at_any_byte_gives_a_prefix(chunked: bool) -> None:
    async with running_fake(HELLO) as fake, sampler_of(fake.address) as sampler:
        n_whole = 0
        for at in range(1, len(RECORDED)):
            fake.replies = [Reply((RECORDED,), chunked=chunked, cut_after=at)]
            events, error = await until_the_end(sampler)
            assert TEXT.startswith(text_of(events))
            n_whole += error is None
            if error is None:
                assert text_of(events) == TEXT
            else:
                assert ends_of(events) == []
                expected = SamplingInterrupted if text_of(events) else SamplerUnavailable
                assert type(error) is expected
        assert n_whole < len(RECORDED) / 2


@pytest.mark.parametrize("size", [1, 2, 5, 1_000])
async def test_a_events_in_pieces_of_any_size_is_the_same(size: int) -> None:
    pieces = tuple(RECORDED[at : at + size] for at in range(0, len(RECORDED), size))
    async with running_fake(Reply(pieces)) as fake:
        assert text_of(await ask(fake)) == TEXT


async def test_a_damaged_event_ends_the_answer_there() -> None:
    reply = Reply((said("Hello"), b'data: {"choices": [{"del\n\n', said(" there"), ended(), DONE))
    async with running_fake(reply) as fake:
        with pytest.raises(SamplingInterrupted, match="damaged") as caught:
            await ask(fake)
    assert text_of(came_before(caught.value)) == "Hello"


async def test_bytes_that_are_no_text_are_replaced() -> None:
    bad = said("a?b").replace(b"?", b"\xff")
    half = said("HALF").replace(b"HALF", b"\\ud83d")
    async with running_fake(Reply((bad, half, ended(), DONE))) as fake:
        assert text_of(await ask(fake)) == "a\ufffdb\ufffd"


async def test_a_line_of_ten_megabytes_is_one_token() -> None:
    long = "x" * 10_000_000
    async with running_fake(Reply(stream(long))) as fake:
        assert len(text_of(await ask(fake))) == len(long)


async def test_everything_that_came_is_read_by_a_slow_reader_too() -> None:
    texts = [f"word{number} " for number in range(50)]
    reply = Reply(tuple(map(said, texts)), cut_after=sum(len(said(text)) for text in texts))
    async with running_fake(reply) as fake, sampler_of(fake.address) as sampler:
        events = sampler.sample("m", prompt_of("hello"), Settings(), 1)
        came = [await anext(events)]
        await fake.closed.wait()
        await anyio.wait_all_tasks_blocked()
        came += [await anext(events) for _ in texts[1:]]
        with pytest.raises(SamplingInterrupted):
            await anext(events)
    assert text_of(came) == "".join(texts)


# Providers that fall silent, as in U5


@pytest.mark.parametrize("hang", ["before headers", "after headers"])
async def test_silence_before_the_first_token_ends_and_is_repeated(hang: str) -> None:
    async with running_fake(Reply(hang=hang), HELLO) as fake:
        events = await ask(fake, first_byte_s=1.0)
    assert text_of(events) == "Hello there"
    assert ends_of(events)[0].provenance["n_attempts"] == "2"


async def test_silence_in_mid_events_ends_the_answer() -> None:
    async with running_fake(Reply((said("Hello"),), hang="after body")) as fake:
        with pytest.raises(SamplingInterrupted, match="silent for too long") as caught:
            await ask(fake, silence_s=1.0)
        assert len(fake.asked) == 1
    assert text_of(came_before(caught.value)) == "Hello"


async def test_a_events_that_is_not_closed_after_its_end_is_not_waited_for() -> None:
    async with running_fake(Reply(stream("Hello"), hang="after body")) as fake:
        with anyio.fail_after(PATIENCE_S):
            assert text_of(await ask(fake)) == "Hello"


async def test_leaving_closes_the_connection_at_once() -> None:
    endless = Reply((said("Hello"),), hang="after body")
    async with running_fake(endless) as fake, sampler_of(fake.address) as sampler:
        events = sampler.sample("m", prompt_of("hello"), Settings(), 1)
        assert isinstance(await anext(events), Token)
        await events.aclose()
        with anyio.fail_after(PATIENCE_S):
            await fake.closed.wait()
        assert fake.n_open == 0


async def test_a_closed_sampler_ends_what_runs_and_what_waits() -> None:
    async with running_fake(failed(429, headers={"Retry-After": "90"})) as fake:
        table = {"base_url": fake.address}
        sampler = OpenAISampler(endpoint("lab", table))
        async with anyio.create_task_group() as tasks:

            async def wait() -> None:
                with pytest.raises(GrokTreeError):
                    await read(sampler)

            tasks.start_soon(wait)
            while not fake.asked:
                await anyio.lowlevel.checkpoint()
            with anyio.fail_after(PATIENCE_S):
                await sampler.aclose()
        with pytest.raises(SamplerUnavailable, match="was closed"):
            sampler.check("m", Settings(), 1)


# Several siblings, and counting (U6)


def siblings(*pieces: bytes) -> Reply:
    return Reply((*pieces, DONE))


async def test_siblings_come_in_any_order() -> None:
    reply = siblings(
        said("c", index=2),
        said("a", index=0),
        said("b", index=1),
        ended(index=1),
        said("C", index=2),
        ended("length", index=2),
        ended(index=0),
        used(7, 4),
    )
    async with running_fake(reply) as fake:
        events = await ask(fake, n=3, siblings_per_request=8)
        assert [asked.body["n"] for asked in fake.asked] == [3]
    assert [text_of(events, index) for index in range(3)] == ["a", "b", "cC"]
    ends = ends_of(events)
    assert [end.finish_reason for end in ends] == ["stop", "stop", "length"]
    assert [end.usage.prompt_tokens for end in ends] == [7, 0, 0]
    assert [end.usage.completion_tokens for end in ends] == [1, 1, 2]
    assert all(end.usage.estimated for end in ends)


async def test_a_sibling_that_goes_on_after_its_end_and_one_too_many_are_left_out() -> None:
    reply = siblings(
        said("a"), said("x", index=7), said("y", index=-1), ended(), ended(), said("again")
    )
    async with running_fake(reply) as fake:
        events = await ask(fake)
    assert text_of(events) == "a"
    assert len(ends_of(events)) == 1


async def test_siblings_that_a_server_leaves_out_are_asked_for_one_by_one() -> None:
    async with running_fake(HELLO) as fake, sampler_of(fake.address, server="vllm") as sampler:
        events = await read(sampler, n=3)
        assert [text_of(events, index) for index in range(3)] == ["Hello there"] * 3
        assert [asked.body.get("n") for asked in fake.asked] == [3, None, None]
        await read(sampler, n=2)
        assert [asked.body.get("n") for asked in fake.asked[3:]] == [None, None]


async def test_a_server_that_does_not_events_is_read_too_also_with_equal_numbers() -> None:
    async with running_fake(whole("one", "two")) as fake:
        events = await ask(fake, n=2, siblings_per_request=2)
    assert [text_of(events, index) for index in range(2)] == ["one", "two"]


async def test_without_native_siblings_each_is_a_request_and_has_its_seed() -> None:
    async with running_fake(HELLO) as fake, sampler_of(fake.address) as sampler:
        events = await read(sampler, n=3, seed=40)
        assert sorted(asked.body["seed"] for asked in fake.asked) == [40, 41, 42]
        assert not any("n" in asked.body for asked in fake.asked)
    assert [end.provenance["seed"] for end in ends_of(events)] == ["40", "41", "42"]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (b"", (16, 2, True)),
        (used(9, 2), (9, 2, False)),
        (used(9, 0), (16, 2, True)),
        (used(-1, 2), (16, 2, True)),
        (used(9, 2, total_tokens=3), (16, 2, True)),
        (used(9, 2, prompt_tokens_details={"cached_tokens": 10}), (16, 2, True)),
        (event(choices=[], usage={"prompt_tokens": "many"}), (16, 2, True)),
    ],
    ids=["missing", "good", "empty", "negative", "wrong sum", "too much cached", "odd"],
)
async def test_a_usage_that_is_missing_or_contradicts_itself_is_ours_and_marked(
    count: bytes, expected: tuple[int, int, bool]
) -> None:
    async with running_fake(Reply((said("a"), said("b"), ended(), count, DONE))) as fake:
        (end,) = ends_of(await ask(fake))
    usage = end.usage
    found = (usage.prompt_tokens, usage.completion_tokens, usage.estimated)
    if expected[2]:
        assert found[1:] == expected[1:]
        assert found[0] > 0
    else:
        assert found == expected


@pytest.mark.parametrize(("total", "completion"), [(20, 4), (30, 10)], ids=["included", "apart"])
async def test_tokens_of_reasoning_are_counted_once(total: int, completion: int) -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 6 if total == 20 else 10}}
    count = used(10, 10, total_tokens=total, **details)
    async with running_fake(Reply((said("a"), ended(), count, DONE))) as fake:
        (end,) = ends_of(await ask(fake))
    assert end.usage.completion_tokens == completion
    assert end.usage.reasoning_tokens == total - 10 - completion
