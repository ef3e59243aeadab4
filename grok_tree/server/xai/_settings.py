"""What a request asks of the sampler, and what it asks that cannot be done here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import FUNCTION, ReasoningEffort, Settings, Tool, checked_field
from grok_tree.server._numbers import shortest
from grok_tree.server.xai._schema import Schema
from grok_tree.server.xai._tools import tool_choice_of, tool_of

_NUMBERS = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_INTEGERS = ("max_tokens", "seed")


def settings_of(schema: Schema, request: Any) -> Settings:
    """Return the settings of a request.

    Raises:
        InvalidOperationError: It asks for something that makes no sense or cannot be done here.
    """
    tools = tuple(map(tool_of, request.tools))
    _check_promises(schema, request, tools)
    return Settings(
        **numbers_of(request),
        logprobs=request.logprobs,
        top_logprobs=request.top_logprobs if request.logprobs else 0,
        reasoning_effort=_effort(schema, request),
        response_format=_response_format(schema, request.response_format),
        tools=tools,
        tool_choice=tool_choice_of(schema, request.tool_choice),
    )


def numbers_of(request: Any) -> dict[str, Any]:
    """Return the settings that all requests for text share; what is not set is left out."""
    found: dict[str, Any] = {"stop": tuple(request.stop)}
    for name in _NUMBERS:
        if request.HasField(name):
            found[name] = shortest(getattr(request, name))
    for name in _INTEGERS:
        if request.HasField(name):
            found[name] = getattr(request, name)
    return found


def provenance_of(schema: Schema, request: Any) -> dict[str, str]:
    """Return what else a request says, which changes no answer.

    Raises:
        InvalidOperationError: Something of it cannot be stored.
    """
    tier = request.service_tier
    named = {number: name for name, number in schema.usage.ServiceTier.items()}
    found = {
        "user": request.user,
        "safety_identifier": request.safety_identifier,
        "service_tier": named.get(tier, str(tier)) if tier else "",
    }
    return {name: checked_field(text, name) for name, text in found.items() if text}


def _effort(schema: Schema, request: Any) -> ReasoningEffort | None:
    chat = schema.chat
    efforts: dict[int, ReasoningEffort | None] = {
        chat.INVALID_EFFORT: None,
        chat.EFFORT_NONE: "none",
        chat.EFFORT_LOW: "low",
        chat.EFFORT_MEDIUM: "medium",
        chat.EFFORT_HIGH: "high",
        chat.EFFORT_XHIGH: "xhigh",
    }
    if request.reasoning_effort not in efforts:
        raise InvalidOperationError(f"the reasoning_effort {request.reasoning_effort} is not known")
    return efforts[request.reasoning_effort]


def _response_format(schema: Schema, wanted: Any) -> str:
    chat = schema.chat
    match wanted.format_type:
        case chat.FORMAT_TYPE_INVALID | chat.FORMAT_TYPE_TEXT:
            return ""
        case chat.FORMAT_TYPE_JSON_OBJECT:
            return "json"
        case chat.FORMAT_TYPE_JSON_SCHEMA if wanted.schema:
            schema_text: str = wanted.schema
            return schema_text
    raise InvalidOperationError(
        f"the response_format {wanted.format_type} is not known, or has no schema"
    )


def _check_promises(schema: Schema, request: Any, tools: tuple[Tool, ...]) -> None:
    """Refuse what would change an answer and cannot be done here.

    Raises:
        InvalidOperationError: Naming it.
    """
    for what in _unkept(schema, request, tools):
        raise InvalidOperationError(f"{what}, which is not done here; leave it out")


def _unkept(schema: Schema, request: Any, tools: tuple[Tool, ...]) -> Iterator[str]:
    searching = request.search_parameters.mode
    if searching not in (schema.chat.INVALID_SEARCH_MODE, schema.chat.OFF_SEARCH_MODE):
        yield "search_parameters ask for live search (the tools web_search and x_search are newer)"
    one_call = request.HasField("parallel_tool_calls") and not request.parallel_tool_calls
    if one_call and any(tool.kind == FUNCTION for tool in tools):
        yield "parallel_tool_calls is off"
    if request.HasField("max_turns") and any(tool.kind != FUNCTION for tool in tools):
        yield "max_turns limits the tools of the provider"
    if request.agent_count:
        yield "agent_count asks for several agents"
    if request.guidelines:
        yield "guidelines are given"
