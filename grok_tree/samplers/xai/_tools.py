"""Tools and their calls, in xAI's words and in ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from grok_tree.errors import SamplerRefused
from grok_tree.forest import FUNCTION, Searched, Settings, Tool, ToolCall, ToolCalled
from grok_tree.samplers.xai._schema import Schema

N_TOOLS = 128

SERVER_TOOLS = ("web_search", "x_search", "code_execution", "collections_search")
"""Kinds of tools that xAI runs, as it names them; others need what nobody may read."""

_SEARCHED = {
    "web_search": "web",
    "x_search": "x",
    "code_execution": "code",
    "collections_search": "collections",
    "attachment_search": "attachments",
}
"""What the calls of a kind are named as searches."""

_ASKED = ("query", "code", "url", "post_id", "username")
"""The arguments that say what was looked for; the first that is there."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def tool_messages(schema: Schema, settings: Settings) -> list[Any]:
    """Return the tools of a request.

    Raises:
        SamplerRefused: The options of a tool are not what xAI knows.
    """
    return [_tool(schema, tool) for tool in settings.tools]


def tool_choice(schema: Schema, choice: str) -> Any:
    """Return whether the model may, must or must not call tools; None leaves it open."""
    chat = schema.chat
    modes = {
        "auto": chat.TOOL_MODE_AUTO,
        "none": chat.TOOL_MODE_NONE,
        "required": chat.TOOL_MODE_REQUIRED,
    }
    if not choice:
        return None
    if choice in modes:
        return chat.ToolChoice(mode=modes[choice])
    return chat.ToolChoice(function_name=choice)


def call_message(schema: Schema, call: ToolCall) -> Any:
    """Return a call of a function as it is sent back."""
    return schema.chat.ToolCall(
        id=call.call_id,
        type=schema.chat.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL,
        function=schema.chat.FunctionCall(name=call.name, arguments=call.arguments),
    )


def call_events(schema: Schema, call: Any, index: int) -> Iterator[Searched | ToolCalled]:
    """Yield what a call of the model means; one that xAI ran is a search too."""
    kind = _kind(schema, call.type)
    name, arguments = call.function.name, call.function.arguments
    if kind in _SEARCHED:
        yield Searched(_asked(arguments), _SEARCHED[kind], index)
    yield ToolCalled(ToolCall(call_id=call.id, name=name, arguments=arguments, kind=kind), index)


def _tool(schema: Schema, tool: Tool) -> Any:
    if tool.kind == FUNCTION:
        # Without a schema a function takes nothing; an empty text is refused.
        parameters = tool.parameters or '{"type": "object", "properties": {}}'
        function = schema.chat.Function(
            name=tool.name, description=tool.description, parameters=parameters
        )
        return schema.chat.Tool(function=function)
    from google.protobuf import json_format

    made = schema.chat.Tool()
    own = getattr(made, tool.kind)
    own.SetInParent()
    try:
        json_format.ParseDict(_options(tool), own)
    except json_format.ParseError as error:
        raise _wrong_options(tool, str(error)) from error
    return made


def _options(tool: Tool) -> dict[str, Any]:
    try:
        options = json.loads(tool.parameters or "{}")
    except ValueError as error:
        raise _wrong_options(tool, f"they are not JSON ({error})") from error
    if not isinstance(options, dict):
        raise _wrong_options(tool, "they are not a JSON object")
    return {name: _with_time(value) for name, value in options.items()}


def _with_time(value: Any) -> Any:
    """Return a day as the instant at which it begins; xAI's schema knows no days."""
    is_day = isinstance(value, str) and _DATE.fullmatch(value)
    return f"{value}T00:00:00Z" if is_day else value


def _wrong_options(tool: Tool, why: str) -> SamplerRefused:
    return SamplerRefused(
        f"the options of the tool {tool.kind} are not what xAI knows: {why};"
        " write them as its documentation names them"
    )


def _kind(schema: Schema, number: int) -> str:
    """Return the word for a type of call; a type that is newer than the schema has a number."""
    chat = schema.chat
    if number in (chat.TOOL_CALL_TYPE_INVALID, chat.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL):
        return FUNCTION
    try:
        name: str = chat.ToolCallType.Name(number)
    except ValueError:
        return f"tool_{number}"
    return name.removeprefix("TOOL_CALL_TYPE_").removesuffix("_TOOL").lower()


def _asked(arguments: str) -> str:
    try:
        found = json.loads(arguments)
    except ValueError:
        return arguments
    if not isinstance(found, dict):
        return arguments
    return next((str(found[name]) for name in _ASKED if found.get(name)), arguments)
