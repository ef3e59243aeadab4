"""What must hold of tools and of a prescribed form of the answer."""

from __future__ import annotations

import json
import re

from grok_tree.errors import InvalidOperationError
from grok_tree.forest._parts import FUNCTION, Tool
from grok_tree.forest._text import checked_field
from grok_tree.forest._values import Settings

MAX_TOOLS = 128
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHOICES = ("", "auto", "none", "required")


def check_tools(settings: Settings) -> None:
    """Check the tools of a request, which of them must be called, and the form of the answer.

    Raises:
        InvalidOperationError: Naming what is wrong.
    """
    if len(settings.tools) > MAX_TOOLS:
        raise InvalidOperationError(f"{len(settings.tools)} tools; give {MAX_TOOLS} at most")
    for tool in settings.tools:
        _check_tool(tool)
    names = [tool.name for tool in settings.tools if tool.kind == FUNCTION]
    if len(set(names)) < len(names):
        raise InvalidOperationError("two functions have the same name; give each its own")
    if settings.tool_choice not in (*_CHOICES, *names):
        raise InvalidOperationError(
            f"tool_choice is {settings.tool_choice!r}; it must be auto, none, required or the name"
            f" of a function among the tools ({', '.join(names) or 'there is none'})"
        )
    if settings.response_format not in ("", "json"):
        _check_object(settings.response_format, "response_format")


def _check_tool(tool: Tool) -> None:
    if tool.kind == FUNCTION and not _NAME.fullmatch(tool.name):
        raise InvalidOperationError(
            f"a function is named {tool.name!r}; use 1 to 64 letters, digits, _ and -"
        )
    checked_field(tool.description, "description of a tool")
    if tool.parameters:
        _check_object(tool.parameters, f"parameters of the tool {tool.name or tool.kind}")


def _check_object(text: str, what: str) -> None:
    checked_field(text, what)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidOperationError(f"{what} is not JSON ({error}); give a JSON object") from error
    if not isinstance(found, dict):
        raise InvalidOperationError(f"{what} is no JSON object; give a JSON Schema")
