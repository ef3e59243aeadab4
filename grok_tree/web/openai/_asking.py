"""What a model is asked: parameters that the routes share, as settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from grok_tree.forest import ReasoningEffort, Tool
from grok_tree.web.openai._bodies import as_text, bad

Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that everything behind the door can hold."""

Schema = dict[str, Any]


class FunctionGiven(msgspec.Struct):
    """A function that a model may call."""

    name: str
    description: str | None = None
    parameters: Schema | None = None


class JsonSchema(msgspec.Struct):
    """What an answer must fit."""

    schema: Schema | None = None
    name: str = ""


class Format(msgspec.Struct):
    """The form of an answer, in the words of both protocols."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: JsonSchema | None = None
    schema: Schema | None = None


def format_of(wanted: Format | None, param: str) -> str:
    """Return the form of an answer, as the settings say it.

    Raises:
        InvalidOperationError: A schema is wanted, and there is none.
    """
    if wanted is None or wanted.type == "text":
        return ""
    if wanted.type == "json_object":
        return "json"
    schema = wanted.json_schema.schema if wanted.json_schema else wanted.schema
    if schema is None:
        raise bad("json_schema needs a schema", param)
    return as_text(schema)


def tool_of(given: FunctionGiven) -> Tool:
    """Return a function as the settings have it."""
    parameters = "" if given.parameters is None else as_text(given.parameters)
    return Tool(name=given.name, description=given.description or "", parameters=parameters)


def choice_of(choice: Any, param: str = "tool_choice") -> str:
    """Return which tool must be called, as the settings say it.

    Raises:
        InvalidOperationError: It cannot be promised here.
    """
    if choice is None:
        return ""
    if choice in ("auto", "none", "required"):
        return str(choice)
    if isinstance(choice, dict) and choice.get("type") == "function":
        function = choice.get("function", choice)
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str) and name:
            return name
    raise bad("it must be auto, none, required, or a function with its name", param)


def check_parallel(parallel: bool | None, tools: tuple[Tool, ...], choice: str) -> None:  # noqa: FBT001 - three states
    """Refuse to promise that at most one tool is called, where a model may call several.

    Raises:
        InvalidOperationError: It cannot be promised here.
    """
    if parallel is False and len(tools) > 0 and choice in ("", "auto", "required"):
        raise bad(
            "parallel_tool_calls=false cannot be promised here unless tool_choice names a function;"
            " leave it out, and answer all calls that come",
            "parallel_tool_calls",
        )


def effort_of(effort: str | None, param: str) -> ReasoningEffort | None:
    """Return how long a model thinks, as the settings say it.

    Raises:
        InvalidOperationError: No model here knows the word.
    """
    if effort is None:
        return None
    known: tuple[ReasoningEffort, ...] = get_args(ReasoningEffort)
    for one in known:
        if one == effort:
            return one
    raise bad(f"it must be one of {', '.join(known)}", param)


def unless_nothing(penalty: float | None) -> float | None:
    """Return a penalty; clients write 0 for none, which needs no capability of a model."""
    return penalty or None


def texts_of(stop: str | list[str] | None) -> tuple[str, ...]:
    """Return the texts that end an answer."""
    return (stop,) if isinstance(stop, str) else tuple(stop or ())
