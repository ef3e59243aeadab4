"""The embedded model in a tree: what is shared is computed once, and no text depends on it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pytest

from grok_tree import testing
from grok_tree.errors import ConfigurationError, SamplerRefused, SamplingError
from grok_tree.forest import SamplerEvent, Settings, Token
from grok_tree.samplers import LocalSampler, Prompt, RawPrompt, SamplerSetup, Turn
from grok_tree.samplers._weights import missing_reason, prepared_weights, user_cache
from grok_tree.testing import ends_of, prompt_of, text_of
from tests.patience import PATIENCE_S

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.local_model,
    pytest.mark.skipif(bool(missing_reason()), reason=missing_reason() or "it is there"),
]
NAME = "smollm2-135m"
SHORT = "Answer in one short English sentence."
STORY = prompt_of("Tell me a very long story about a hedgehog.", system="You tell long stories.")
RIVERS = "Tell me about the rivers and the mountains of Europe. "


@pytest.fixture(scope="module")
async def sampler() -> AsyncIterator[LocalSampler]:
    made = LocalSampler(choose_seed=lambda: 11)
    yield made
    await made.aclose()


async def sampled(
    sampler: LocalSampler, asked: Prompt | RawPrompt = STORY, *, n: int = 1, **settings: Any
) -> list[SamplerEvent]:
    wanted = Settings(**settings)
    if isinstance(asked, RawPrompt):
        return [event async for event in sampler.complete(NAME, asked, wanted, n)]
    return await testing.sampled(sampler, NAME, asked, n=n, settings=wanted)


def of(events: list[SamplerEvent], index: int) -> list[tuple[str, object]]:
    """Return the pieces of one sibling with their log-probabilities."""
    return [(e.text, e.logprob) for e in events if isinstance(e, Token) and e.index == index]


def computed(events: list[SamplerEvent]) -> int:
    """Return how many tokens of prompts were computed."""
    return sum(e.usage.prompt_tokens - e.usage.cached_prompt_tokens for e in ends_of(events))


# Siblings


async def test_siblings_grow_together_from_one_prompt(sampler: LocalSampler) -> None:
    events = await sampled(sampler, prompt_of("A story about a fox."), n=8, max_tokens=6)
    order = [event.index for event in events if isinstance(event, Token)]
    assert order != sorted(order), "they take turns"
    assert computed(events) <= ends_of(events)[0].usage.prompt_tokens


async def test_siblings_that_end_at_different_times_are_what_they_are_alone(
    sampler: LocalSampler,
) -> None:
    """Bit for bit, though the one who asks alone has seen other conversations before."""
    options: dict[str, Any] = {
        "logprobs": True,
        "temperature": 1.2,
        "stop": (".", "the"),
        "max_tokens": 24,
    }
    asked = prompt_of(RIVERS * 12, system=SHORT)
    together = await sampled(sampler, asked, n=8, seed=40, **options)
    lengths = {end.usage.completion_tokens for end in ends_of(together)}
    assert len(lengths) > 2, "they end at different times"
    other = LocalSampler()
    try:
        await sampled(other, STORY, n=3, max_tokens=5)
        for index in (1, 4, 7):
            alone = await sampled(other, asked, seed=40 + index, **options)
            assert of(alone, 0) == of(together, index)
    finally:
        await other.aclose()


async def test_more_siblings_than_fit_come_in_groups_with_the_same_seeds(
    sampler: LocalSampler,
) -> None:
    events = await sampled(sampler, STORY, n=10, seed=7, max_tokens=5)
    assert [end.provenance["seed"] for end in ends_of(events)] == [str(7 + i) for i in range(10)]
    for index in (7, 8, 9):
        alone = await sampled(sampler, STORY, seed=7 + index, max_tokens=5)
        assert text_of(alone) == text_of(events, index)


async def test_seeds_go_on_from_the_smallest_after_the_largest(sampler: LocalSampler) -> None:
    events = await sampled(sampler, STORY, n=3, seed=2**32 - 3, max_tokens=3)
    seeds = [end.provenance["seed"] for end in ends_of(events)]
    assert seeds == [str(2**32 - 3), str(2**32 - 2), "0"]


async def test_long_answers_are_the_same_texts_one_after_the_other(sampler: LocalSampler) -> None:
    """Room for 2,100 tokens each is not there for all at once."""
    options: dict[str, Any] = {"seed": 3, "stop": (".",), "logprobs": True}
    apart = await sampled(sampler, STORY, n=2, max_tokens=2_100, **options)
    together = await sampled(sampler, STORY, n=2, max_tokens=200, **options)
    assert [of(apart, index) for index in range(2)] == [of(together, index) for index in range(2)]


async def test_leaving_stops_all_siblings(sampler: LocalSampler) -> None:
    """All of them, to their ends, would take longer than the wait for a turn may."""
    for asked in (STORY, prompt_of(RIVERS * 100)):
        with anyio.move_on_after(0.3) as scope:
            await sampled(sampler, asked, n=8, max_tokens=2_000, temperature=1.0)
        assert scope.cancelled_caught
        with anyio.fail_after(PATIENCE_S):
            assert await sampled(sampler, max_tokens=1)


# What is kept


async def test_a_resampling_and_the_next_turn_compute_what_is_new(sampler: LocalSampler) -> None:
    question = "Which rivers are long? " + RIVERS * 10
    first = await sampled(sampler, prompt_of(question), max_tokens=12)
    assert computed(await sampled(sampler, prompt_of(question), seed=9, max_tokens=2)) == 1
    longer = prompt_of(question, Turn("assistant", text_of(first)), "Go on.")
    turn = await sampled(sampler, longer, max_tokens=2)
    assert computed(turn) <= 12 + 16, "the answer and the question that follows it"


async def test_branches_stay_known_while_others_are_sampled(sampler: LocalSampler) -> None:
    branches = [prompt_of(f"Branch {number}. {RIVERS * 8}") for number in range(3)]
    for branch in branches:
        await sampled(sampler, branch, n=2, max_tokens=2)
    for branch in branches:
        assert computed(await sampled(sampler, branch, max_tokens=2)) == 1


async def test_a_begun_answer_goes_on_as_if_it_had_not_been_cut(sampler: LocalSampler) -> None:
    """At every token's end, and after words that are kept byte for byte."""
    asked = ["Name three colours."]
    whole = await sampled(sampler, prompt_of(*asked), temperature=0.0, max_tokens=24)
    pieces = [piece for piece, _ in of(whole, 0)]
    for cut in range(1, len(pieces), 3):
        begun = prompt_of(*asked, prefill="".join(pieces[:cut]))
        rest = await sampled(sampler, begun, temperature=0.0, max_tokens=24 - cut)
        assert text_of(rest) == "".join(pieces[cut:])


# Any text


async def test_a_text_is_continued_from_words_and_numbers_of_tokens(sampler: LocalSampler) -> None:
    options: dict[str, Any] = {
        "temperature": 0.0,
        "max_tokens": 6,
        "logprobs": True,
        "top_logprobs": 20,
    }
    words = await sampled(sampler, RawPrompt(("The capital of France is",)), **options)
    assert " Paris" in text_of(words) or " the" in text_of(words)
    assert all(len(e.logprob.alternatives) == 20 for e in words if isinstance(e, Token))  # type: ignore[union-attr]
    mixed = RawPrompt(("The capital", (282, 4649), " is"))
    assert of(await sampled(sampler, mixed, **options), 0) == of(words, 0)


async def test_only_allowed_tokens_are_sampled_and_others_never(sampler: LocalSampler) -> None:
    asked = RawPrompt(("Yes or no?",), allowed_tokens=(" yes", " no"))
    events = await sampled(sampler, asked, n=4, seed=1, max_tokens=3, temperature=2.0)
    assert {piece for i in range(4) for piece, _ in of(events, i)} == {" yes", " no"}
    plain = RawPrompt(("The capital of France is",))
    likeliest = of(await sampled(sampler, plain, temperature=0.0, max_tokens=1), 0)[0][0]
    without = RawPrompt(plain.inputs, disallowed_tokens=(likeliest,))
    assert likeliest not in text_of(await sampled(sampler, without, temperature=0.0, max_tokens=8))


async def test_a_stop_token_ends_each_continuation_and_is_not_in_it(sampler: LocalSampler) -> None:
    plain = RawPrompt(("Red, green, blue, red, green, blue, red,",))
    whole = [
        piece for piece, _ in of(await sampled(sampler, plain, temperature=0, max_tokens=8), 0)
    ]
    stopped = RawPrompt(plain.inputs, stop_tokens=(whole[3],))
    events = await sampled(sampler, stopped, n=2, temperature=0.0, max_tokens=8)
    kept = whole[: whole.index(whole[3])]
    for index, end in enumerate(ends_of(events)):
        assert [piece for piece, _ in of(events, index)] == kept
        assert end.finish_reason == "stop"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (RawPrompt(()), "no text to continue"),
        (RawPrompt(("a",), stop_tokens=("several words here",)), "3 tokens of the local model"),
        (RawPrompt(("a",), allowed_tokens=(10**9,)), "no token of the local model"),
    ],
    ids=["nothing", "several tokens", "no such number"],
)
async def test_what_is_no_token_is_refused(
    sampler: LocalSampler, asked: RawPrompt, said: str
) -> None:
    with pytest.raises(SamplerRefused, match=said):
        await sampled(sampler, asked)


async def test_a_number_that_is_no_token_is_an_error(sampler: LocalSampler) -> None:
    with pytest.raises(SamplingError, match="invalid tokens"):
        await sampled(sampler, RawPrompt(((10**6,),)))


# The form of an answer


async def test_an_answer_fits_its_schema(sampler: LocalSampler) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "big": {"type": "boolean"}},
        "required": ["city", "big"],
        "additionalProperties": False,
    }
    for form, names in ((json.dumps(schema), {"city", "big"}), ("json", set[str]())):
        events = await sampled(
            sampler,
            prompt_of("Describe Paris in JSON: city, big.", system=SHORT),
            n=2,
            response_format=form,
            max_tokens=120,
            temperature=0.3,
        )
        if ends_of(events)[0].finish_reason == "stop":
            assert names <= set(json.loads(text_of(events)))
        assert text_of(events).lstrip().startswith("{")


async def test_a_begun_answer_goes_on_to_fit_its_schema(sampler: LocalSampler) -> None:
    schema = {"type": "object", "properties": {"big": {"type": "boolean"}}, "required": ["big"]}
    asked = prompt_of("Is Paris big? Answer in JSON.", prefill='{"bi')
    form = json.dumps({**schema, "additionalProperties": False})
    events = await sampled(sampler, asked, response_format=form, temperature=0.0)
    assert json.loads('{"bi' + text_of(events)) in ({"big": True}, {"big": False})


async def test_a_form_that_is_no_schema_is_an_error(sampler: LocalSampler) -> None:
    with pytest.raises(SamplerRefused, match="no JSON Schema"):
        await sampled(sampler, response_format="{")
    with pytest.raises(SamplingError, match="unrecognized type"):
        await sampled(sampler, response_format='{"type": "nonsense"}')


async def test_penalties_keep_words_from_coming_again(sampler: LocalSampler) -> None:
    red, story = RawPrompt(("red, red, red, red, red,",)), RawPrompt(("The hedgehog said",))
    often = await sampled(sampler, red, temperature=0.0, max_tokens=8)
    seldom = await sampled(sampler, red, temperature=0.0, max_tokens=8, frequency_penalty=2.0)
    assert text_of(often).count("red") == 4 > text_of(seldom).count("red")
    plain = await sampled(sampler, story, temperature=0.0, max_tokens=20)
    other = await sampled(sampler, story, temperature=0.0, max_tokens=20, presence_penalty=2.0)
    assert text_of(plain) != text_of(other)


# Which model


async def test_a_model_of_ones_own_is_named_by_the_machine() -> None:
    path = str(prepared_weights(user_cache()).path)
    for setup in (
        SamplerSetup(options={"weights": path}),
        SamplerSetup(environment={"GROK_TREE_WEIGHTS": path}, options={"weights": "/other.gguf"}),
    ):
        made = LocalSampler.from_setup(setup)
        assert made.models()[0].name == f"local/{Path(path).stem}"
        await made.aclose()
    with pytest.raises(ConfigurationError, match="name a GGUF file"):
        LocalSampler.from_setup(SamplerSetup(options={"weights": 3}))


async def test_sentences_are_embedded_while_an_answer_grows(sampler: LocalSampler) -> None:
    events = sampler.sample(NAME, STORY, Settings(max_tokens=500), 1)
    async with aclosing(events) as stream:
        assert isinstance(await anext(stream), Token)
        found = await sampler.embed("minilm-l6", ["while it grows"])
        assert len(found.vectors) == 1
        assert isinstance(await anext(stream), Token)
