"""The scripts do what their table says."""

from __future__ import annotations

from contextlib import aclosing

import anyio
import anyio.lowlevel
import pytest

from grok_tree import testing
from grok_tree.errors import ModelNotFound, SamplerRefused, SamplingError
from grok_tree.forest import SamplerEvent, Settings, Token
from grok_tree.samplers import Prompt, ScriptedSampler, Turn
from grok_tree.testing import ends_of, prompt_of, text_of

pytestmark = pytest.mark.anyio

HELLO = prompt_of("hello there")


async def sampled(
    model: str, asked: Prompt = HELLO, *, n: int = 1, **settings: object
) -> list[SamplerEvent]:
    wanted = Settings(**settings)  # type: ignore[arg-type]
    return await testing.sampled(ScriptedSampler(), model, asked, n=n, settings=wanted)


async def test_echo_says_what_the_human_said() -> None:
    assert text_of(await sampled("echo")) == "echo: hello there"


@pytest.mark.parametrize("said", ["", "  two  spaces ", "a\n\nb\n", "日本 語\u3000🦔"])
async def test_echo_keeps_every_character(said: str) -> None:
    assert text_of(await sampled("echo", prompt_of(said))) == f"echo: {said}"


async def test_echo_below_an_answer_finds_the_last_human() -> None:
    path = prompt_of("first", Turn("assistant", "an answer"))
    assert text_of(await sampled("echo", path)) == "echo: first"


async def test_echo_below_a_lonely_answer_has_nothing_to_repeat() -> None:
    assert text_of(await sampled("echo", prompt_of(Turn("assistant", "a root")))) == "echo: "


async def test_echo_of_a_human_turn_does_not_read_the_path() -> None:
    async def load() -> list[Turn]:
        raise AssertionError("the path was read")

    assert text_of(await sampled("echo", Prompt(Turn("human", "hi"), load))) == "echo: hi"


async def test_words_are_numbered_and_come_one_by_one() -> None:
    events = await sampled("words-3")
    assert [e.text for e in events if isinstance(e, Token)] == ["word1", " word2", " word3"]


async def test_no_words_are_an_empty_answer() -> None:
    (end,) = await sampled("words-0")
    assert end == ends_of([end])[0]


async def test_siblings_speak_in_turn() -> None:
    events = await sampled("words-2", n=3)
    order = [(e.index, e.text) for e in events if isinstance(e, Token)]
    assert order == [(i, word) for word in ("word1", " word2") for i in range(3)]


async def test_varied_siblings_differ() -> None:
    events = await sampled("varied", n=3)
    assert len({text_of(events, index) for index in range(3)}) == 3


async def test_sibling_i_says_what_seed_plus_i_says_alone() -> None:
    together = await sampled("varied", n=3, seed=7)
    alone = [text_of(await sampled("varied", seed=7 + index)) for index in range(3)]
    assert [text_of(together, index) for index in range(3)] == alone


async def test_max_tokens_cuts_with_reason_length() -> None:
    events = await sampled("words-5", max_tokens=2)
    assert (text_of(events), ends_of(events)[0].finish_reason) == ("word1 word2", "length")


async def test_an_answer_of_exactly_max_tokens_has_stopped_by_itself() -> None:
    events = await sampled("words-2", max_tokens=2)
    assert (text_of(events), ends_of(events)[0].finish_reason) == ("word1 word2", "stop")


async def test_a_stop_text_ends_the_answer_and_is_not_in_it() -> None:
    events = await sampled("words-5", stop=("d4", "word3"))
    assert text_of(events) == "word1 word2 "
    assert ends_of(events)[0].finish_reason == "stop"


async def test_the_usage_counts_words() -> None:
    usage = ends_of(await sampled("echo"))[0].usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (2, 3)


async def test_a_failure_comes_after_its_words_of_every_sibling() -> None:
    stream = ScriptedSampler().sample("fail-2", HELLO, Settings(), 2)
    came = [await anext(stream) for _ in range(4)]
    assert [text_of(came, index) for index in range(2)] == ["word1 word2"] * 2
    with pytest.raises(SamplingError, match="fail-2"):
        await anext(stream)


async def test_an_answer_cut_before_its_failure_does_not_fail() -> None:
    assert ends_of(await sampled("fail-2", max_tokens=2))
    assert ends_of(await sampled("fail-2", stop=("word2",)))


async def test_log_probabilities_come_when_asked_for() -> None:
    first = (await sampled("logprobs", logprobs=True, top_logprobs=3))[0]
    assert isinstance(first, Token)
    assert first.logprob is not None
    assert first.logprob.text == first.text == "echo:"
    assert len(first.logprob.alternatives) == 3
    assert not any(getattr(event, "logprob", None) for event in await sampled("logprobs"))


async def test_slow_waits_once_for_a_word_of_every_sibling() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    stream = ScriptedSampler(sleep=sleep).sample("slow", HELLO, Settings(), 2)
    assert isinstance(await anext(stream), Token)
    assert waits == [0.05]
    assert isinstance(await anext(stream), Token)
    assert waits == [0.05]
    await stream.aclose()


async def test_a_gate_decides_when_each_word_comes() -> None:
    asked: list[tuple[str, int, int]] = []

    async def gate(model: str, index: int, word_number: int) -> None:
        asked.append((model, index, word_number))

    stream = ScriptedSampler(gate=gate).sample("words-2", HELLO, Settings(), 2)
    async with aclosing(stream):
        await anext(stream)
        assert asked == [("words-2", 0, 1)]
        await anext(stream)
        assert asked[1:] == [("words-2", 1, 1)]


async def test_hang_says_a_word_and_waits_until_it_is_cancelled() -> None:
    said: list[SamplerEvent] = []

    async def read() -> None:
        said.extend([await anext(stream)])
        spoken.set()
        await anext(stream)

    spoken = anyio.Event()
    stream = ScriptedSampler().sample("hang", HELLO, Settings(), 1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await spoken.wait()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert text_of(said) == "waiting"


async def test_other_tasks_get_their_turn_during_a_long_answer() -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await anyio.lowlevel.checkpoint()
            turns += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(count_turns)
        await sampled("words-1000")
        tasks.cancel_scope.cancel()
    assert turns >= 10


@pytest.mark.parametrize("model", ["nobody", "words-", "words-x", "words-12345678"])
def test_an_unknown_script_is_refused(model: str) -> None:
    with pytest.raises(ModelNotFound, match="there are: echo"):
        ScriptedSampler().check(model, Settings(), 1)


def test_refuse_refuses_before_anything_happens() -> None:
    with pytest.raises(SamplerRefused):
        ScriptedSampler().check("refuse", Settings(), 1)


@pytest.mark.parametrize(
    ("model", "begun", "rest"),
    [
        ("echo", "echo: hel", "lo"),
        ("echo", "echo:", " hello"),
        ("words-3", "word1 word2", " word3"),
        ("words-3", "other", " word1 word2 word3"),
        ("echo", "echo: hello", ""),
        ("echo", "echo: hello there", " echo: hello"),
    ],
)
async def test_an_answer_that_is_begun_is_gone_on_with(model: str, begun: str, rest: str) -> None:
    events = await sampled(model, prompt_of("hello", prefill=begun))
    assert text_of(events) == rest
