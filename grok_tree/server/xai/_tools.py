"""Tools and their calls, in xAI's words and in ours."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import json_format

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import FUNCTION, Tool, ToolCall
from grok_tree.server.xai._schema import Schema

_TYPE, _TYPE_END = "TOOL_CALL_TYPE_", "_TOOL"
_UNKNOWN = "tool_"
"""Before the number of a type of call that is newer than the schema."""


def tool_of(tool: Any) -> Tool:
    """Return a tool of a request.

    Raises:
        InvalidOperationError: It is none, or holds a secret.
    """
    kind = tool.WhichOneof("tool")
    if kind is None:
        raise InvalidOperationError("a tool is empty; give a function or a tool of the provider")
    if kind == "function":
        own = tool.function
        return Tool(name=own.name, description=own.description, parameters=own.parameters)
    if kind == "mcp":
        raise InvalidOperationError(
            "tools of an MCP server bring its key, which would be kept with the forest; call them"
            " from the program, as functions"
        )
    try:
        options = json_format.MessageToDict(getattr(tool, kind), preserving_proto_field_name=True)
    except json_format.Error as error:
        raise InvalidOperationError(f"the options of the tool {kind} are wrong: {error}") from error
    return Tool(kind=kind, parameters=json.dumps(options) if options else "")


def tool_choice_of(schema: Schema, choice: Any) -> str:
    """Return whether the model may, must or must not call tools.

    Raises:
        InvalidOperationError: No such choice is known.
    """
    chat = schema.chat
    if choice.WhichOneof("tool_choice") == "function_name":
        name: str = choice.function_name
        return name
    modes = {
        chat.TOOL_MODE_INVALID: "",
        chat.TOOL_MODE_AUTO: "auto",
        chat.TOOL_MODE_NONE: "none",
        chat.TOOL_MODE_REQUIRED: "required",
    }
    if choice.mode not in modes:
        raise InvalidOperationError(f"the tool_choice {choice.mode} is not known")
    return modes[choice.mode]


def call_of(schema: Schema, call: Any) -> ToolCall:
    """Return a call of a tool that a client sends back."""
    return ToolCall(
        call_id=call.id,
        name=call.function.name,
        arguments=call.function.arguments,
        kind=_kind_of(schema, call.type),
    )


def call_message(schema: Schema, call: ToolCall) -> Any:
    """Return a call of a tool as clients get it."""
    chat = schema.chat
    in_progress, completed = chat.TOOL_CALL_STATUS_IN_PROGRESS, chat.TOOL_CALL_STATUS_COMPLETED
    return chat.ToolCall(
        id=call.call_id,
        type=_type_of(schema, call.kind),
        # Clients run functions; the others were run by the provider already.
        status=in_progress if call.kind == FUNCTION else completed,
        # The official client reads arguments as JSON, and does not expect that there are none.
        function=chat.FunctionCall(name=call.name, arguments=call.arguments or "{}"),
    )


def _kind_of(schema: Schema, number: int) -> str:
    chat = schema.chat
    if number in (chat.TOOL_CALL_TYPE_INVALID, chat.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL):
        return FUNCTION
    try:
        name: str = chat.ToolCallType.Name(number)
    except ValueError:
        return f"{_UNKNOWN}{number}"
    return name.removeprefix(_TYPE).removesuffix(_TYPE_END).lower()


def _type_of(schema: Schema, kind: str) -> int:
    chat = schema.chat
    if kind == FUNCTION:
        client_side: int = chat.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL
        return client_side
    known: dict[str, int] = dict(chat.ToolCallType.items())
    number = kind.removeprefix(_UNKNOWN)
    default = int(number) if number.isdecimal() else chat.TOOL_CALL_TYPE_INVALID
    return known.get(f"{_TYPE}{kind.upper()}{_TYPE_END}", default)
