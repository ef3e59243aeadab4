"""A sampler for tests: known texts, delays and failures on demand, no model.

============================  ====================================================================
model                         what it does
============================  ====================================================================
``scripted/echo``             answers ``echo: <last human message>``, word by word
``scripted/slow``             the same with 50 ms before each word
``scripted/words-N``          N numbered words
``scripted/varied``           words drawn with the seed, so that siblings differ
``scripted/logprobs``         the same as the echo, by the name of what it is used for
``scripted/fail-N``           N words, then a failure
``scripted/hang``             one word, then nothing until it is cancelled
``scripted/refuse``           refuses every request before it begins
============================  ====================================================================

A word carries the space before it, so that the words joined are the message. Siblings speak in
turn, a word each. An answer that is begun already (prefill) goes on where the script has come, or
else says the script after it. Every script has log-probabilities and alternatives, made up and
always the same. The tokens of a text are its words.
"""

from __future__ import annotations

import asyncio
import random
import re
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Literal, Self

from grok_tree.errors import ModelNotFound, SamplerRefused, SamplingError
from grok_tree.forest import (
    FREE,
    Finished,
    FinishReason,
    Model,
    SamplerEvent,
    Settings,
    Token,
    TokenAlternative,
    TokenLogprob,
    Usage,
)
from grok_tree.samplers._capabilities import check_settings_supported
from grok_tree.samplers._contract import Prompt, SamplerSetup, TextToken

SLOW_S = 0.05
_BREATH = 32
"""So many tokens are made before other tasks get a turn."""

_VARIED_WORDS = 8
_CAPABILITIES = ("logprobs", "native_n", "prefill", "seed", "stop", "tokenizer")
_NUMBERED = re.compile(r"(words|fail)-(\d{1,7})")
_WORD = re.compile(r"\s*\S+|\s+$")
_NAMES = ("echo", "slow", "varied", "logprobs", "hang", "refuse")
_VOCABULARY = (
    *("amber", "birch", "cedar", "dawn", "ember", "fern", "grove", "haze", "iris", "jade"),
    *("kelp", "lark", "moss", "night", "opal", "pine", "quartz", "reed", "sage", "thorn"),
)

Sleep = Callable[[float], Awaitable[None]]
Gate = Callable[[str, int, int], Awaitable[None]]
Ending = Literal["stop", "fail", "hang"]


class ScriptedSampler:
    """Answers from a script.

    `Settings.max_tokens` counts words, stop texts are obeyed, ``varied`` follows the seed; all
    other settings are ignored. A text that is cut before its end neither fails nor hangs.
    """

    provider = "scripted"

    def __init__(self, *, sleep: Sleep = asyncio.sleep, gate: Gate | None = None) -> None:
        """Make a sampler.

        Args:
            sleep: Waits so many seconds; tests may give one that does not.
            gate: Awaited with the model, the sibling and the number of the word (from 1) before
                each word is said, so that a test decides when it is.
        """
        self._sleep = sleep
        self._gate = gate

    @classmethod
    def from_setup(cls, setup: SamplerSetup) -> Self:  # noqa: ARG003 - it needs nothing
        """Return the sampler of this machine."""
        return cls()

    async def refresh(self) -> None:
        """Do nothing: there is nobody to ask."""

    def models(self) -> Sequence[Model]:
        """Return one model of each kind."""
        names = sorted([*_NAMES, "words-20", "fail-3"])
        return [
            Model(
                name=f"scripted/{name}",
                description="a script for tests, not a model",
                capabilities=_CAPABILITIES,
                prices=FREE,
            )
            for name in names
        ]

    def check(self, model: str, settings: Settings, n: int) -> None:  # noqa: ARG002
        """Refuse unknown names, settings that no script follows, and all from one that refuses.

        Raises:
            ModelNotFound: There is no such script.
            SamplerRefused: The script says so, or has no use for a setting.
        """
        if model not in _NAMES and not _NUMBERED.fullmatch(model):
            known = ", ".join([*_NAMES, "words-N", "fail-N"])
            raise ModelNotFound(
                f"there is no model scripted/{model}; there are: {known}", model=f"scripted/{model}"
            )
        if model == "refuse":
            raise SamplerRefused(
                "scripted/refuse refuses every request, as its script says; ask another model"
            )
        check_settings_supported(f"scripted/{model}", _CAPABILITIES, settings)

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the script of every sibling, a word of each in turn."""
        self.check(model, settings, n)
        said = await _last_human(prompt)
        lines = _Lines(model, said, prompt.prefill)
        speakers = [_speaker(lines, settings, index) for index in range(n)]
        n_made = 0
        while speakers:
            if model == "slow":
                await self._sleep(SLOW_S)
            for speaker in list(speakers):
                if n_made % _BREATH == 0:
                    await asyncio.sleep(0)
                n_made += 1
                word = speaker.next_word()
                if word is None:
                    yield await _end(model, speaker)
                    speakers.remove(speaker)
                    continue
                if self._gate is not None:
                    await self._gate(model, speaker.index, speaker.n_words)
                logprob = _logprob(word, settings) if settings.logprobs else None
                yield Token(word, speaker.index, logprob=logprob)

    async def tokenize(self, model: str, text: str) -> Sequence[TextToken]:
        """Return the words of a text, each with the same number whenever it comes."""
        self.check(model, Settings(), 1)
        words = [word.encode() for word in _split(text)]
        return [TextToken(zlib.crc32(word), word) for word in words]

    async def aclose(self) -> None:
        """Do nothing: there is nothing to free."""


@dataclass(slots=True)
class _Speaker:
    """One sibling, on its way through its script.

    Attributes:
        words: What is left to say.
        ending: What happens after the last word.
        limit: Most words it may say; None for all.
        n_prompt_words: For the usage.
    """

    index: int
    words: Iterator[str]
    ending: Ending
    limit: int | None
    n_prompt_words: int
    n_words: int = 0
    reason: FinishReason = field(default="stop", init=False)

    def next_word(self) -> str | None:
        word = next(self.words, None)
        if self.n_words == self.limit and (word is not None or self.ending != "stop"):
            self.reason, self.ending = "length", "stop"
            return None
        if word is not None:
            self.n_words += 1
        return word

    def finished(self) -> Finished:
        usage = Usage(prompt_tokens=self.n_prompt_words, completion_tokens=self.n_words)
        provenance = {"sampler": "scripted"}
        return Finished(
            finish_reason=self.reason, index=self.index, usage=usage, provenance=provenance
        )


@dataclass(frozen=True)
class _Lines:
    """What a script depends on.

    Attributes:
        model: Name of the script.
        said: By the human.
        begun: The beginning of the answer, which is not said again.
    """

    model: str
    said: str
    begun: str

    def words(self, seed: int) -> Iterator[str]:
        words = _words(self.model, self.said, seed)
        if not self.begun:
            return words
        return _rest(words, self.begun) or _after_space(_words(self.model, self.said, seed))


def _speaker(lines: _Lines, settings: Settings, index: int) -> _Speaker:
    ending: Ending = "stop"
    if lines.model == "hang":
        ending = "hang"
    elif lines.model.startswith("fail-"):
        ending = "fail"
    words = lines.words((settings.seed or 0) + index)
    if settings.stop:
        text = "".join(words)
        kept = _before_stop(text, settings.stop)
        ending = ending if kept == text else "stop"
        words = _split(kept)
    return _Speaker(index, words, ending, settings.max_tokens, len(lines.said.split()))


def _words(model: str, said: str, seed: int) -> Iterator[str]:
    if numbered := _NUMBERED.fullmatch(model):
        spaces = chain([""], repeat(" "))
        return (
            f"{space}word{number}"
            for space, number in zip(spaces, range(1, int(numbered[2]) + 1), strict=False)
        )
    if model == "varied":
        return _split(" ".join(random.Random(seed).choices(_VOCABULARY, k=_VARIED_WORDS)))
    return _split("waiting" if model == "hang" else f"echo: {said}")


def _rest(words: Iterator[str], begun: str) -> Iterator[str] | None:
    """Return what follows the text with which a script begins; None if it does not."""
    left = begun
    for word in words:
        if word.startswith(left):
            rest = word[len(left) :]
            return chain([rest], words) if rest else words
        if not left.startswith(word):
            return None
        left = left[len(word) :]
    return None


def _after_space(words: Iterator[str]) -> Iterator[str]:
    return (f" {word}" if place == 0 else word for place, word in enumerate(words))


def _split(text: str) -> Iterator[str]:
    return (found[0] for found in _WORD.finditer(text))


def _before_stop(text: str, stops: Sequence[str]) -> str:
    ends = [place for stop in stops if (place := text.find(stop)) >= 0]
    return text[: min(ends, default=len(text))]


async def _end(model: str, speaker: _Speaker) -> Finished:
    if speaker.ending == "fail":
        raise SamplingError(f"scripted/{model} failed as its script says; ask another model")
    if speaker.ending == "hang":
        await asyncio.get_running_loop().create_future()
    return speaker.finished()


async def _last_human(prompt: Prompt) -> str:
    if prompt.last.sender == "human":
        return prompt.last.message
    turns = await prompt.load_turns()
    return next((turn.message for turn in reversed(turns) if turn.sender == "human"), "")


def _logprob(word: str, settings: Settings) -> TokenLogprob:
    others = tuple(
        TokenAlternative(f" {other}", -1.0 - place)
        for place, other in enumerate(_VOCABULARY[: settings.top_logprobs])
    )
    return TokenLogprob(word, -0.25, others)
