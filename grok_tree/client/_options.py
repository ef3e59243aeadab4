"""The options that every call which samples takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, get_args

import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Attachment, ReasoningEffort, Response, Settings, Tool

_NUMBERS = (
    "temperature",
    "top_p",
    "min_p",
    "top_k",
    "max_tokens",
    "seed",
    "logprobs",
    "top_logprobs",
    "frequency_penalty",
    "presence_penalty",
)
_EFFORTS = get_args(ReasoningEffort)


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
        frequency_penalty: Makes tokens less likely the more often they came, -2 to 2.
        presence_penalty: Makes tokens less likely once they came, -2 to 2.
        reasoning_effort: How long the model thinks first: none, low, medium, high or xhigh.
        response_format: Empty for free text, ``"json"`` for any JSON object, or the JSON Schema
            that the answer must fit, as a dictionary or as JSON text.
        tools: What the model may call.
        tool_choice: ``"auto"``, ``"none"``, ``"required"`` or the name of a function.
        attachments: Files and images of the human response: what ``client.files.upload`` gave, or
            ``Attachment(url=...)``.
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
    frequency_penalty: float | None
    presence_penalty: float | None
    reasoning_effort: ReasoningEffort | None
    response_format: str | Mapping[str, Any]
    tools: Sequence[Tool]
    tool_choice: str
    attachments: Sequence[Attachment]


_KNOWN = frozenset(SamplingOptions.__annotations__)


def settings_of(options: SamplingOptions) -> Settings:
    """Return the settings among the options.

    Raises:
        TypeError: An option has a name that does not exist.
        InvalidOperationError: An option has the wrong type.
    """
    _check_names(options)
    given: dict[str, Any] = {name: options[name] for name in _NUMBERS if name in options}  # type: ignore[literal-required]
    for name, value in given.items():
        if value is not None and not isinstance(value, int | float):
            raise InvalidOperationError(f"{name} is {value!r}; it must be a number")
    stop = options.get("stop", ())
    return Settings(
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        reasoning_effort=_effort(options.get("reasoning_effort")),
        response_format=_format(options.get("response_format", "")),
        tools=_tools(options.get("tools", ())),
        tool_choice=options.get("tool_choice", ""),
        **given,
    )


def _effort(effort: Any) -> ReasoningEffort | None:
    if effort is None or effort in _EFFORTS:
        return effort  # type: ignore[no-any-return]
    raise InvalidOperationError(
        f"reasoning_effort is {effort!r}; it must be one of: {', '.join(_EFFORTS)}"
    )


def _format(asked: str | Mapping[str, Any]) -> str:
    return asked if isinstance(asked, str) else json.dumps(dict(asked))


def _tools(tools: Sequence[Tool]) -> tuple[Tool, ...]:
    for tool in tools:
        if not isinstance(tool, Tool):
            raise InvalidOperationError(
                f"a tool is {tool!r}; make it with grok_tree.Tool(name=..., parameters=...)"
            )
    return tuple(tools)


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
