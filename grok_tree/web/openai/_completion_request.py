"""Completions, the older kind: what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from grok_tree.forest import MAX_SIBLINGS, Settings
from grok_tree.samplers import RawPrompt
from grok_tree.web.openai._asking import Whole, texts_of, unless_nothing
from grok_tree.web.openai._bodies import Body, bad, reader, refuse_set
from grok_tree.web.openai._chat_request import StreamOptions

DEFAULT_MAX_TOKENS = 16
"""What the protocol says."""

TokenId = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class CompletionBody(Body):
    """The body of a request. What is of type Any is refused when it is set, or changes nothing."""

    prompt: str | list[str | TokenId | list[TokenId]]
    model: str = ""
    n: Whole | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    echo: bool | None = None
    logprobs: Whole | None = None
    max_tokens: Whole | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: Whole | None = None
    min_p: float | None = None
    seed: Whole | None = None
    stop: str | list[str] | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    best_of: Whole | None = None
    user: Any = None
    logit_bias: Any = None
    suffix: Any = None


_REFUSED = {
    "logit_bias": "models here have different tokens",
    "suffix": "models here continue a text and do not fill it in",
}

read_completion = reader(CompletionBody)


@dataclass(frozen=True)
class Continuation:
    """One text to be continued.

    Attributes:
        prompt: What is continued.
        settings: With the seed of its own.
        echo: What its text begins with.
    """

    prompt: RawPrompt
    settings: Settings
    echo: str


def continuations(body: CompletionBody) -> list[Continuation]:
    """Return what is to be sampled, in order of index.

    Raises:
        InvalidOperationError: Something in it cannot be done or understood.
    """
    _check(body)
    settings, n = _settings(body), 1 if body.n is None else body.n
    prompts = _prompts(body.prompt)
    if not 1 <= n * len(prompts) <= MAX_SIBLINGS:
        raise bad(f"n times the prompts is {n * len(prompts)}; it must be 1 to {MAX_SIBLINGS}", "n")
    return [
        Continuation(RawPrompt((one,)), _seeded(settings, number), _echoed(body, one))
        for one in prompts
        for number in range(n)
    ]


def _check(body: CompletionBody) -> None:
    refuse_set(body, _REFUSED)
    if body.best_of not in (None, 1, body.n):
        raise bad("only those that are asked for are sampled; use n", "best_of")
    if body.echo and body.logprobs is not None:
        raise bad("log-probabilities of a prompt are not known here; leave one out", "echo")


def _prompts(given: str | list[Any]) -> list[str | tuple[int, ...]]:
    if isinstance(given, str):
        return [given]
    if given and all(isinstance(one, int) for one in given):
        return [tuple(given)]
    if any(isinstance(one, int) for one in given):
        raise bad("texts and numbers of tokens are mixed; give lists of one kind", "prompt")
    return [one if isinstance(one, str) else tuple(one) for one in given]


def _echoed(body: CompletionBody, prompt: str | tuple[int, ...]) -> str:
    if not body.echo:
        return ""
    if not isinstance(prompt, str):
        raise bad("numbers of tokens cannot be said again as text; give a text", "echo")
    return prompt


def _seeded(settings: Settings, number: int) -> Settings:
    if settings.seed is None:
        return settings
    return msgspec.structs.replace(settings, seed=settings.seed + number)


def _settings(body: CompletionBody) -> Settings:
    return Settings(
        temperature=body.temperature,
        top_p=body.top_p,
        min_p=body.min_p,
        top_k=body.top_k,
        max_tokens=DEFAULT_MAX_TOKENS if body.max_tokens is None else body.max_tokens,
        seed=body.seed,
        stop=texts_of(body.stop),
        logprobs=body.logprobs is not None,
        top_logprobs=body.logprobs or 0,
        frequency_penalty=unless_nothing(body.frequency_penalty),
        presence_penalty=unless_nothing(body.presence_penalty),
    )
