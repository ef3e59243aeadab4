"""What is asked, in the words of the OpenAI protocol."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from grok_tree.errors import SamplerRefused
from grok_tree.forest import FUNCTION, Attachment, Settings, ToolCall
from grok_tree.samplers._contract import Prompt, RawPrompt, Turn
from grok_tree.samplers.openai._endpoint import Endpoint

Body = dict[str, Any]

_ROLES = {"human": "user", "assistant": "assistant", "system": "system", "tool": "tool"}
_MODES = ("auto", "none", "required")


@dataclass(frozen=True)
class Request:
    """One request; `numbered` makes those of the other siblings.

    Attributes:
        path: Below the base URL.
        body: Without what differs between siblings.
    """

    path: str
    body: Body

    def numbered(self, n: int, seed: int | None) -> bytes:
        """Return the body for n siblings, of which the first has the seed."""
        own: Body = {}
        if n > 1:
            own["n"] = n
        if seed is not None:
            own["seed"] = seed
        return msgspec.json.encode(self.body | own)


async def chat_request(
    model: str, prompt: Prompt, turns: Sequence[Turn], *, settings: Settings, to: Endpoint
) -> Request:
    """Return the request that continues a conversation.

    Args:
        model: Without the provider.
        prompt: All of it but the path.
        turns: The path, root first.
        settings: What is asked.
        to: Whom it is sent to.

    Raises:
        NotFoundError: An attachment is gone.
        SamplerRefused: The endpoint cannot take a part of the prompt.
    """
    messages = [await _message(turn, prompt) for turn in turns]
    if prompt.system_prompt:
        messages.insert(0, {"role": "system", "content": prompt.system_prompt})
    limit = "max_completion_tokens" if to.server == "openai" else "max_tokens"
    body = _common(model, settings, limit) | {"messages": messages}
    if settings.logprobs:
        # llama.cpp gives no log-probabilities at all for 0 alternatives.
        body |= {"logprobs": True, "top_logprobs": max(1, settings.top_logprobs)}
    if settings.reasoning_effort is not None:
        body["reasoning_effort"] = settings.reasoning_effort
    if settings.response_format:
        body["response_format"] = _response_format(settings.response_format)
    if settings.tools:
        body["tools"] = [_tool(tool) for tool in settings.tools if tool.kind == FUNCTION]
        body["tool_choice"] = _tool_choice(settings.tool_choice)
    if prompt.prefill:
        body |= _continued(messages, prompt.prefill)
    return Request("/chat/completions", body)


def completion_request(
    model: str, prompt: RawPrompt, *, settings: Settings, to: Endpoint
) -> Request:
    """Return the request that continues any text.

    Args:
        model: Without the provider.
        prompt: The text.
        settings: What is asked.
        to: Whom it is sent to.

    Raises:
        SamplerRefused: The endpoint cannot take the inputs together, or tokens without numbers.
    """
    name = f"{to.name}/{model}"
    body = _common(model, settings, "max_tokens") | {"prompt": _inputs(name, prompt, to)}
    if settings.logprobs:
        body["logprobs"] = max(1, settings.top_logprobs)
    if stops := [*settings.stop, *prompt.stop_tokens]:
        body["stop"] = stops
    likely = _biases(name, prompt.allowed_tokens, 100)
    unlikely = _biases(name, prompt.disallowed_tokens, -100)
    if likely or unlikely:
        body["logit_bias"] = {**likely, **unlikely}
    return Request("/completions", body)


def _common(model: str, settings: Settings, limit: str) -> Body:
    given = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_k": settings.top_k,
        "min_p": settings.min_p,
        "frequency_penalty": settings.frequency_penalty,
        "presence_penalty": settings.presence_penalty,
        limit: settings.max_tokens,
        "stop": list(settings.stop) or None,
    }
    return {
        "model": model,
        "stream": True,
        "stream_options": {"include_usage": True},
        **{name: value for name, value in given.items() if value is not None},
    }


def _continued(messages: list[Body], prefill: str) -> Body:
    """Ask for the rest of an answer that is begun."""
    messages.append({"role": "assistant", "content": prefill})
    return {"continue_final_message": True, "add_generation_prompt": False}


async def _message(turn: Turn, prompt: Prompt) -> Body:
    message: Body = {"role": _ROLES[turn.sender], "content": turn.message}
    if turn.sender == "human" and turn.attachments:
        parts = [await _attached(attachment, prompt) for attachment in turn.attachments]
        said = [{"type": "text", "text": turn.message}] if turn.message else []
        message["content"] = [*said, *parts]
    if turn.tool_call_id:
        message["tool_call_id"] = turn.tool_call_id
    if calls := [_tool_call(call) for call in turn.tool_calls if call.kind == FUNCTION]:
        message |= {"tool_calls": calls, "content": turn.message or None}
    return message


async def _attached(attachment: Attachment, prompt: Prompt) -> Body:
    url = attachment.url
    if attachment.file_id:
        # The bytes travel with the request: the provider cannot reach our store.
        contents = base64.b64encode(await prompt.load_file(attachment.file_id)).decode()
        media_type = attachment.media_type or "application/octet-stream"
        url = f"data:{media_type};base64,{contents}"
    if attachment.is_image:
        return {"type": "image_url", "image_url": {"url": url}}
    if not attachment.file_id:
        raise SamplerRefused(
            f"the file at {url} is not kept here, and this provider reads no addresses of files;"
            " upload it, then ask again"
        )
    name = attachment.name or attachment.file_id[:12]
    return {"type": "file", "file": {"filename": name, "file_data": url}}


def _tool_call(call: ToolCall) -> Body:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _tool(tool: Any) -> Body:
    function: Body = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.parameters:
        function["parameters"] = _json(tool.parameters, f"the parameters of {tool.name}")
    return {"type": "function", "function": function}


def _tool_choice(choice: str) -> Any:
    if not choice or choice in _MODES:
        return choice or "auto"
    return {"type": "function", "function": {"name": choice}}


def _response_format(wanted: str) -> Body:
    if wanted == "json":
        return {"type": "json_object"}
    schema = {"name": "answer", "schema": _json(wanted, "response_format"), "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def _json(text: str, what: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SamplerRefused(f"{what} cannot be read as JSON ({error}); mend it") from None


def _inputs(name: str, prompt: RawPrompt, endpoint: Endpoint) -> Any:
    """Return texts as one text, numbers as one list; only llama.cpp takes both at once."""
    texts = [part for part in prompt.inputs if isinstance(part, str)]
    if len(texts) == len(prompt.inputs):
        return "".join(texts)
    if texts and endpoint.server != "llama.cpp":
        raise SamplerRefused(
            f"{name} takes texts or numbers of tokens, not both at once; give only one of them"
        )
    return list(_flat(prompt.inputs))


def _flat(inputs: Sequence[str | tuple[int, ...]]) -> Iterable[str | int]:
    for part in inputs:
        if isinstance(part, str):
            yield part
        else:
            yield from part


def _biases(name: str, tokens: Sequence[str | int], bias: int) -> Mapping[str, int]:
    if any(isinstance(token, str) for token in tokens):
        raise SamplerRefused(
            f"{name} knows tokens by number only; give the numbers of those that are (dis)allowed"
        )
    return {str(token): bias for token in tokens}
