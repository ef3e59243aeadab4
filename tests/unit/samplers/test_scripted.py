"""The scripts do what their table says."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest

from grok_tree.errors import ModelNotFound, SamplerRefused, SamplingError
from grok_tree.forest import Finished, SamplerEvent, Settings, Token
from grok_tree.samplers import Prompt, ScriptedSampler, Turn

pytestmark = pytest.mark.anyio


def prompt(*turns: Turn) -> Prompt:
    async def load() -> Sequence[Turn]:
        return turns

    return Prompt(last=turns[-1], load_turns=load)


HELLO = prompt(Turn("human", "hello there"))


async def sampled(
    model: str, asked: Prompt = HELLO, *, n: int = 1, settings: Settings | None = None
) -> list[SamplerEvent]:
    sampler = ScriptedSampler()
    return [event async for event in sampler.sample(model, asked, settings or Settings(), n)]


def text(events: list[SamplerEvent], index: int = 0) -> str:
    return "".join(e.text for e in events if isinstance(e, Token) and e.index == index)


def ends(events: list[SamplerEvent]) -> list[Finished]:
    return [event for event in events if isinstance(event, Finished)]


async def test_echo_says_what_the_human_said() -> None:
    assert text(await sampled("echo")) == "echo: hello there"


async def test_echo_below_an_answer_finds_the_last_human() -> None:
    path = prompt(Turn("human", "first"), Turn("assistant", "an answer"))
    assert text(await sampled("echo", path)) == "echo: first"


async def test_words_are_numbered_and_come_one_by_one() -> None:
    events = await sampled("words-3")
    assert [e.text for e in events if isinstance(e, Token)] == ["word1", " word2", " word3"]


async def test_every_sibling_finishes_once() -> None:
    events = await sampled("varied", n=3)
    assert sorted(end.index for end in ends(events)) == [0, 1, 2]
    assert len({text(events, index) for index in range(3)}) == 3


async def test_a_seed_gives_the_same_words_again() -> None:
    seeded = Settings(seed=7)
    first, second = await sampled("varied", settings=seeded), await sampled("varied", n=2)
    assert text(first) == text(await sampled("varied", settings=seeded))
    assert text(first) != text(second, 1)


async def test_max_tokens_cuts_with_reason_length() -> None:
    events = await sampled("words-5", settings=Settings(max_tokens=2))
    assert (text(events), ends(events)[0].finish_reason) == ("word1 word2", "length")


async def test_a_stop_text_ends_the_answer_and_is_not_in_it() -> None:
    events = await sampled("words-5", settings=Settings(stop=("word3",)))
    assert text(events).strip() == "word1 word2"
    assert ends(events)[0].finish_reason == "stop"


async def test_a_failure_comes_after_its_words() -> None:
    stream = ScriptedSampler().sample("fail-2", HELLO, Settings(), 1)
    assert text([await anext(stream), await anext(stream)]) == "word1 word2"
    with pytest.raises(SamplingError):
        await anext(stream)


async def test_slow_waits_before_each_word() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    sampler = ScriptedSampler(sleep=sleep)
    assert [event async for event in sampler.sample("slow", HELLO, Settings(), 1)]
    assert waits == [0.05] * 3


async def test_hang_waits_until_it_is_cancelled() -> None:
    with anyio.move_on_after(0.05) as scope:
        await sampled("hang")
    assert scope.cancelled_caught


@pytest.mark.parametrize("model", ["nobody", "words-", "words-x"])
def test_an_unknown_script_is_refused(model: str) -> None:
    with pytest.raises(ModelNotFound):
        ScriptedSampler().check(model, Settings(), 1)


def test_refuse_refuses_before_anything_happens() -> None:
    with pytest.raises(SamplerRefused):
        ScriptedSampler().check("refuse", Settings(), 1)
