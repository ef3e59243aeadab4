"""A sampler for tests: known texts, delays and failures on demand, no model.

============================  ====================================================================
model                         what it does
============================  ====================================================================
``scripted/echo``             answers ``echo: <last human message>``, word by word
``scripted/slow``             the same with 50 ms before each word
``scripted/words-N``          N numbered words
``scripted/varied``           words drawn with the seed, so that siblings differ
``scripted/logprobs``         the echo, with made-up log-probabilities and alternatives
``scripted/fail-N``           N words, then a failure
``scripted/hang``             one word, then nothing until it is cancelled
``scripted/refuse``           refuses every request before it begins
============================  ====================================================================
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from itertools import islice
from typing import NoReturn

import anyio
import anyio.lowlevel

from grok_tree.errors import ModelNotFound, SamplerRefused, SamplingError
from grok_tree.forest import (
    Finished,
    Model,
    SamplerEvent,
    Settings,
    Token,
    TokenAlternative,
    TokenLogprob,
    Usage,
)
from grok_tree.samplers._contract import Prompt

SLOW_S = 0.05
_BREATH = 32
"""So many tokens are made before other tasks get a turn."""

_NUMBERED = re.compile(r"(words|fail)-(\d{1,7})")
_NAMES = ("echo", "slow", "varied", "logprobs", "hang", "refuse")
_VOCABULARY = "amber birch cedar dawn ember fern grove haze iris jade kelp lark moss night".split()  # noqa: SIM905
_CAPABILITIES = ("logprobs", "native_n", "seed", "stop")

Sleep = Callable[[float], Awaitable[None]]


class ScriptedSampler:
    """Answers from a script; `settings.max_tokens` counts words, and stop texts are obeyed."""

    provider = "scripted"

    def __init__(self, *, sleep: Sleep = anyio.sleep) -> None:
        """Make a sampler.

        Args:
            sleep: Waits so many seconds; tests may give one that does not.
        """
        self._sleep = sleep

    def models(self) -> Sequence[Model]:
        """Return one model of each kind."""
        names = sorted([*_NAMES, "words-20", "fail-3"])
        return [
            Model(
                name=f"scripted/{name}",
                description="a script for tests, not a model",
                capabilities=_CAPABILITIES,
            )
            for name in names
        ]

    def check(self, model: str, settings: Settings, n: int) -> None:  # noqa: ARG002
        """Refuse unknown names and the model that refuses everything."""
        if model == "refuse":
            raise SamplerRefused("scripted/refuse refuses every request; nothing was sampled")
        if model not in _NAMES and not _NUMBERED.fullmatch(model):
            known = ", ".join([*_NAMES, "words-N", "fail-N"])
            raise ModelNotFound(f"there is no model scripted/{model}; there are: {known}")

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the script of every sibling, a word of each in turn."""
        said = await _last_human(prompt)
        scripts = [list(_script(model, said, settings, index)) for index in range(n)]
        limit = settings.max_tokens or max(map(len, scripts), default=0)
        made = 0
        for place in range(min(limit, max(map(len, scripts)))):
            for index, script in enumerate(scripts):
                if place < len(script):
                    if model == "slow":
                        await self._sleep(SLOW_S)
                    elif made % _BREATH == 0:
                        await anyio.lowlevel.checkpoint()
                    made += 1
                    yield _token(script[place], index, model=model, settings=settings)
        await _misbehave(model)
        for index, script in enumerate(scripts):
            yield Finished(
                finish_reason="length" if len(script) > limit else "stop",
                index=index,
                usage=Usage(
                    prompt_tokens=len(said.split()), completion_tokens=min(limit, len(script))
                ),
                provenance={"sampler": "scripted"},
            )

    async def aclose(self) -> None:
        """Do nothing: there is nothing to free."""


async def _last_human(prompt: Prompt) -> str:
    if prompt.last.sender == "human":
        return prompt.last.message
    turns = await prompt.load_turns()
    return next((turn.message for turn in reversed(turns) if turn.sender == "human"), "")


def _script(model: str, said: str, settings: Settings, index: int) -> Sequence[str]:
    text = _text(model, said, (settings.seed or 0) + index)
    ends = [place for stop in settings.stop if (place := text.find(stop)) >= 0]
    return re.findall(r"\s*\S+|\s+$", text[: min(ends, default=len(text))])


def _text(model: str, said: str, seed: int) -> str:
    if numbered := _NUMBERED.fullmatch(model):
        return " ".join(f"word{number}" for number in range(1, int(numbered[2]) + 1))
    if model == "hang":
        return "waiting"
    if model == "varied":
        source = random.Random(seed)
        return " ".join(islice(iter(lambda: source.choice(_VOCABULARY), None), 8))
    return f"echo: {said}"


async def _misbehave(model: str) -> None:
    if model.startswith("fail-"):
        _fail(model)
    if model == "hang":
        await anyio.sleep_forever()


def _fail(model: str) -> NoReturn:
    raise SamplingError(f"scripted/{model} failed as its script says; ask another model")


def _token(text: str, index: int, *, model: str, settings: Settings) -> Token:
    if not (settings.logprobs and model == "logprobs"):
        return Token(text, index)
    others = tuple(
        TokenAlternative(f" {word}", -1.0 - place)
        for place, word in enumerate(_VOCABULARY[: settings.top_logprobs])
    )
    return Token(text, index, logprob=TokenLogprob(text, -0.25, others))
