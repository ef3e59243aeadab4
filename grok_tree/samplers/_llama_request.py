"""What the runtime is asked, in the words of its interfaces for chats and completions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grok_tree.errors import SamplerRefused
from grok_tree.forest import Settings
from grok_tree.samplers._contract import Prompt, RawPrompt, Turn
from grok_tree.samplers._llama_tokens import Tokens

DEFAULT_SYSTEM_PROMPT = (
    "You are a helpful assistant. Answer the question in a few short, simple English sentences."
)
"""Sent when nobody gives one: without it the model's template inserts its own."""

_PASSED_ON = (
    "temperature",
    "top_p",
    "min_p",
    "top_k",
    "max_tokens",
    "frequency_penalty",
    "presence_penalty",
)
_ROLES = {"human": "user", "assistant": "assistant", "system": "system", "tool": "tool"}


@dataclass(frozen=True)
class Asked:
    """What one sampling asks of the runtime; the number of siblings and their seed are to come.

    Attributes:
        request: In the words of its interface for chats, or for completions.
        stop_tokens: Numbers of tokens that end a sibling, of which the runtime is not told.
    """

    request: dict[str, Any]
    stop_tokens: frozenset[int] = frozenset()


def chat_request(turns: Sequence[Turn], prompt: Prompt, settings: Settings) -> Asked:
    """Return the request for streamed answers.

    Args:
        turns: The path, root first.
        prompt: Its system prompt and prefill are used.
        settings: Complete: nothing that the runtime would choose is left open.
    """
    request = {"messages": _messages(turns, prompt), **_sampling(settings)}
    if settings.logprobs:
        # With 0 alternatives the runtime gives no log-probabilities at all.
        request |= {"logprobs": True, "top_logprobs": max(1, settings.top_logprobs)}
    if settings.response_format:
        schema = {"schema": schema_of(settings)}
        request["response_format"] = {"type": "json_schema", "json_schema": schema}
    if prompt.prefill:
        request |= {"continue_final_message": True, "add_generation_prompt": False}
    return Asked(request)


def completion_request(raw: RawPrompt, settings: Settings, tokens: Tokens) -> Asked:
    """Return the request for streamed continuations of a text.

    Raises:
        SamplerRefused: The prompt is empty, or the text of a token is not exactly one.
    """
    stops = frozenset(_token(text, tokens) for text in raw.stop_tokens)
    request = {"prompt": _prompt_tokens(raw, tokens), **_sampling(settings)}
    if settings.logprobs or stops:
        request["logprobs"] = max(1, settings.top_logprobs)
    if settings.response_format:
        request["json_schema"] = schema_of(settings)
    if never := _never_sampled(raw, tokens):
        request["logit_bias"] = [[number, False] for number in never]
    return Asked(request, stops)


def schema_of(settings: Settings) -> Any:
    """Return the JSON Schema that an answer must fit.

    Raises:
        SamplerRefused: It is no JSON.
    """
    if settings.response_format == "json":
        return {"type": "object"}
    try:
        return json.loads(settings.response_format)
    except ValueError as error:
        raise SamplerRefused(
            f"the response format is no JSON Schema: {error}; give one, or 'json' for any object"
        ) from error


def _sampling(settings: Settings) -> dict[str, Any]:
    request: dict[str, Any] = {
        "stream": True,
        "stream_options": {"include_usage": True},
        # Progress and timings give a chance to stop during a prompt, and count the tokens.
        "return_progress": True,
        "timings_per_token": True,
        "cache_prompt": True,
    }
    given = {name: getattr(settings, name) for name in _PASSED_ON}
    request |= {name: value for name, value in given.items() if value is not None}
    if settings.stop:
        request["stop"] = list(settings.stop)
    return request


def _prompt_tokens(raw: RawPrompt, tokens: Tokens) -> list[int]:
    found: list[int] = []
    for part in raw.inputs:
        found += tokens.numbers(part, begins=not found) if isinstance(part, str) else part
    if not found:
        raise SamplerRefused("there is no text to continue; give at least one token")
    return found


def _never_sampled(raw: RawPrompt, tokens: Tokens) -> list[int]:
    never = {_token(token, tokens) for token in raw.disallowed_tokens}
    if raw.allowed_tokens:
        allowed = {_token(token, tokens) for token in raw.allowed_tokens}
        never |= set(range(tokens.n_known)) - allowed
        if len(never) == tokens.n_known:
            raise SamplerRefused("every allowed token is also disallowed; allow another")
    return sorted(never)


def _token(token: str | int, tokens: Tokens) -> int:
    """Return the number of a token that is given by its text or number."""
    numbers = tokens.numbers(token) if isinstance(token, str) else [token]
    if len(numbers) != 1 or not 0 <= numbers[0] < tokens.n_known:
        found = f"{len(numbers)} tokens of" if isinstance(token, str) else "no token of"
        raise SamplerRefused(f"{token!r} is {found} the local model, not one; give another")
    return numbers[0]


def _messages(turns: Sequence[Turn], prompt: Prompt) -> list[dict[str, str]]:
    said = [Turn("system", prompt.system_prompt or DEFAULT_SYSTEM_PROMPT), *turns]
    if prompt.prefill:
        said.append(Turn("assistant", prompt.prefill))
    return [{"role": _ROLES[turn.sender], "content": turn.message} for turn in said]
