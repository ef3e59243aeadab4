"""The options that every call which samples takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response, Settings

_SETTINGS = (
    "temperature",
    "top_p",
    "min_p",
    "top_k",
    "max_tokens",
    "seed",
    "logprobs",
    "top_logprobs",
)


class SamplingOptions(TypedDict, total=False):
    """Options of a sampling; what is left out, the conversation or the model decides.

    Keys:
        model_name: ``provider/model``, for this call only.
        system_prompt: For this call only.
        detach: Let the server go on when this program leaves.
        timeout: Seconds until the call fails, whatever comes; None for the client's, which is an
            hour for samplings unless it was given.
        temperature: 0 or more; 0 is greedy.
        top_p: Nucleus size, above 0 up to 1.
        min_p: Smallest probability relative to the likeliest token, 0 to 1.
        top_k: Number of likeliest tokens kept; 0 keeps all.
        max_tokens: Most tokens to sample.
        seed: Seed; sibling i uses seed + i.
        stop: A text or several; each ends the answer and is not part of it.
        logprobs: Keep the log-probability of every token.
        top_logprobs: Alternatives kept per token, 0 to 20.
    """

    model_name: str
    system_prompt: str | None
    detach: bool
    timeout: float | None
    temperature: float | None
    top_p: float | None
    min_p: float | None
    top_k: int | None
    max_tokens: int | None
    seed: int | None
    stop: str | Sequence[str]
    logprobs: bool
    top_logprobs: int


_KNOWN = frozenset(SamplingOptions.__annotations__)


def settings_of(options: SamplingOptions) -> Settings:
    """Return the settings among the options.

    Raises:
        TypeError: An option has a name that does not exist.
        InvalidOperationError: An option has the wrong type.
    """
    _check_names(options)
    given: dict[str, Any] = {name: options[name] for name in _SETTINGS if name in options}  # type: ignore[literal-required]
    for name, value in given.items():
        if value is not None and not isinstance(value, int | float):
            raise InvalidOperationError(f"{name} is {value!r}; it must be a number")
    stop = options.get("stop", ())
    return Settings(stop=(stop,) if isinstance(stop, str) else tuple(stop), **given)


def options_after(partial: Response, options: SamplingOptions) -> SamplingOptions:
    """Return options that leave open what they name, and else repeat those of a response."""
    settings = msgspec.structs.asdict(partial.settings)
    before: dict[str, Any] = {name: value for name, value in settings.items() if value is not None}
    if partial.model_name:
        before["model_name"] = partial.model_name
    return SamplingOptions(**{**before, **options})  # type: ignore[typeddict-item]


def check_nothing_sampled(options: SamplingOptions) -> None:
    """Refuse options that would mean nothing, because a text is only stored.

    Raises:
        TypeError: An option has a name that does not exist.
        InvalidOperationError: An option is about sampling.
    """
    _check_names(options)
    senseless = sorted(set(options) - {"timeout"})
    if senseless:
        raise InvalidOperationError(
            f"{senseless[0]} is about sampling, but a text in the place of a model's answer is"
            " stored as it is; leave it out, or resample() the answer"
        )


def _check_names(options: SamplingOptions) -> None:
    unknown = sorted(set(options) - _KNOWN)
    if unknown:
        raise TypeError(
            f"no option is named {unknown[0]!r}; there are: {', '.join(sorted(_KNOWN))}"
        )
