"""What xAI is asked, from a path and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grok_tree.errors import SamplerRefused
from grok_tree.forest import FUNCTION, Settings
from grok_tree.samplers._contract import Prompt, Turn
from grok_tree.samplers.xai._attachments import contents
from grok_tree.samplers.xai._models import PROVIDER
from grok_tree.samplers.xai._replay import encrypted_alone, replayed
from grok_tree.samplers.xai._schema import Schema
from grok_tree.samplers.xai._tools import call_message, tool_choice, tool_messages

MESSAGE_BYTES = 20 * 1024 * 1024
"""The most that xAI takes and gives in one message."""

N_SEEDS = 2**31
"""Seeds are signed 32-bit numbers there."""


async def chat_request(
    schema: Schema,
    model: str,
    prompt: Prompt,
    settings: Settings,
    *,
    parallel_tool_calls: bool | None = None,
) -> Any:
    """Return the request for the first sibling.

    Raises:
        SamplerRefused: It cannot be said in xAI's words, or is too large for one message.
    """
    request = schema.chat.GetCompletionsRequest(
        model=model,
        messages=await _messages(schema, prompt),
        use_encrypted_content=True,
        parallel_tool_calls=parallel_tool_calls,
        tools=tool_messages(schema, settings),
        tool_choice=tool_choice(schema, settings.tool_choice),
        response_format=_response_format(schema, settings.response_format),
        reasoning_effort=_effort(schema, settings),
        **_numbers(settings),
    )
    check_size(request)
    return request


def for_sibling(request: Any, settings: Settings, index: int) -> Any:
    """Return the request for one sibling: the same, with a seed of its own."""
    own = type(request)()
    own.CopyFrom(request)
    if settings.seed is not None:
        own.seed = seed_of(settings.seed, index)
    return own


def seed_of(seed: int, index: int) -> int:
    """Return the seed of a sibling."""
    return (seed + index) % N_SEEDS


def check_size(request: Any) -> None:
    """Refuse what does not fit into one message.

    Raises:
        SamplerRefused: It does not.
    """
    if (size := request.ByteSize()) > MESSAGE_BYTES:
        raise SamplerRefused(
            f"the path with its attachments has {size / 2**20:.1f} MiB and xAI takes"
            f" {MESSAGE_BYTES / 2**20:.0f}; attach files by their url, or branch from an earlier"
            " response"
        )


def _numbers(settings: Settings) -> dict[str, Any]:
    """Return the settings that have the same name there; what is None stays unset."""
    return {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "max_tokens": settings.max_tokens,
        "stop": settings.stop,
        "frequency_penalty": settings.frequency_penalty,
        "presence_penalty": settings.presence_penalty,
        "logprobs": settings.logprobs,
        "top_logprobs": settings.top_logprobs if settings.logprobs else None,
    }


def _effort(schema: Schema, settings: Settings) -> int | None:
    if settings.reasoning_effort is None:
        return None
    number: int = schema.chat.ReasoningEffort.Value(f"EFFORT_{settings.reasoning_effort.upper()}")
    return number


def _response_format(schema: Schema, wanted: str) -> Any:
    chat = schema.chat
    if not wanted:
        return None
    if wanted == "json":
        return chat.ResponseFormat(format_type=chat.FORMAT_TYPE_JSON_OBJECT)
    return chat.ResponseFormat(format_type=chat.FORMAT_TYPE_JSON_SCHEMA, schema=wanted)


async def _messages(schema: Schema, prompt: Prompt) -> list[Any]:
    chat = schema.chat
    messages = []
    if prompt.system_prompt:
        text = chat.Content(text=prompt.system_prompt)
        messages.append(chat.Message(role=chat.ROLE_SYSTEM, content=[text]))
    for turn in await prompt.load_turns():
        messages.extend(await _turn_messages(schema, prompt, turn))
    return messages


async def _turn_messages(schema: Schema, prompt: Prompt, turn: Turn) -> Sequence[Any]:
    chat = schema.chat
    match turn.sender:
        case "human":
            found = await contents(schema, prompt, turn)
            return [chat.Message(role=chat.ROLE_USER, content=found)]
        case "assistant":
            return _answer_messages(schema, turn)
        case "system":
            return [chat.Message(role=chat.ROLE_SYSTEM, content=[chat.Content(text=turn.message)])]
        case "tool":
            text = chat.Content(text=turn.message)
            call_id = turn.tool_call_id or None
            return [chat.Message(role=chat.ROLE_TOOL, content=[text], tool_call_id=call_id)]


def _answer_messages(schema: Schema, turn: Turn) -> Sequence[Any]:
    chat = schema.chat
    # What one provider thought, encrypted or not, means nothing to another one.
    is_own = turn.model_name.startswith(f"{PROVIDER}/")
    if is_own and (messages := replayed(schema, turn.encrypted_reasoning)):
        return messages
    calls = [call_message(schema, call) for call in turn.tool_calls if call.kind == FUNCTION]
    return [
        chat.Message(
            role=chat.ROLE_ASSISTANT,
            content=[chat.Content(text=turn.message)],
            tool_calls=calls,
            reasoning_content=turn.reasoning or None if is_own else None,
            encrypted_content=encrypted_alone(turn.encrypted_reasoning) if is_own else "",
        )
    ]
