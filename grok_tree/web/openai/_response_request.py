"""Responses: what is asked."""

from __future__ import annotations

from typing import Any

import msgspec

from grok_tree.forest import Settings, Tool
from grok_tree.service import Said, StatelessCall
from grok_tree.web.openai._asking import (
    Format,
    Schema,
    Whole,
    check_parallel,
    choice_of,
    effort_of,
    format_of,
    texts_of,
)
from grok_tree.web.openai._bodies import Body, as_text, bad, reader, refuse_set
from grok_tree.web.openai._caller import Caller, named_response
from grok_tree.web.openai._chat_request import LONGEST_SYSTEM_PROMPT, kept_words
from grok_tree.web.openai._content import Files
from grok_tree.web.openai._response_input import Input, said_by_input

DOOR = "openai/responses"
PREVIOUS = "previous_response_id"
INSTRUCTED = "instructions"
"""In the provenance of an answer whose system prompt was given as instructions: those are not
carried over to what goes on from it."""

LOGPROBS = "message.output_text.logprobs"


class ToolGiven(msgspec.Struct):
    """A tool; `function` or one that a provider runs."""

    type: str
    name: str | None = None
    description: str | None = None
    parameters: Schema | None = None


class TextGiven(msgspec.Struct):
    """The form of the text."""

    format: Format | None = None
    verbosity: str | None = None


class ReasoningGiven(msgspec.Struct):
    """How long the model thinks."""

    effort: str | None = None
    summary: str | None = None


class ResponseBody(Body):
    """The body of a request. What is of type Any is refused when it is set, or changes nothing."""

    model: str = ""
    input: Input = None
    instructions: str | None = None
    previous_response_id: str | None = None
    stream: bool | None = None
    max_output_tokens: Whole | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: Whole | None = None
    seed: Whole | None = None
    stop: str | list[str] | None = None
    include: list[str] | None = None
    reasoning: ReasoningGiven | None = None
    text: TextGiven | None = None
    tools: list[ToolGiven] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    store: Any = None
    stream_options: Any = None
    service_tier: Any = None
    safety_identifier: Any = None
    prompt_cache_key: Any = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    truncation: Any = None
    access_programs: Any = None
    background: Any = None
    background_options: Any = None
    context_management: Any = None
    conversation: Any = None
    image: Any = None
    max_tool_calls: Any = None
    moderation: Any = None
    prompt: Any = None


_REFUSED = {
    "access_programs": "there are none",
    "background": "follow the stream, or wait for the answer",
    "background_options": "follow the stream, or wait for the answer",
    "context_management": "what is sent is what the model is shown",
    "conversation": "name the answer to go on from as previous_response_id, or the forest in the"
    " header x-grok-tree-conversation",
    "image": "images are shown as they are",
    "max_tool_calls": "a provider's tools are not counted here",
    "moderation": "nothing is moderated",
    "prompt": "no prompts are kept here; send instructions and input",
}

_PROVIDERS_TOOLS = {
    "web_search": "web_search",
    "web_search_preview": "web_search",
    "x_search": "x_search",
    "code_interpreter": "code_execution",
    "code_execution": "code_execution",
}
"""Names of tools that a model's provider runs, and what they are called here."""

read_response = reader(ResponseBody)


def response_call(body: ResponseBody, caller: Caller) -> StatelessCall:
    """Return what is asked, for the use cases.

    Raises:
        InvalidOperationError: Something in it cannot be done or understood.
    """
    _check(body)
    files = Files()
    path = said_by_input(body.input, files)
    parent = _parent(body, caller)
    system_prompt = body.instructions or None
    if system_prompt is None and not parent:
        system_prompt, path = _told_first(path)
    return StatelessCall(
        request_id=caller.request_id,
        door=DOOR,
        client=caller.client,
        scope=caller.scope,
        path=tuple(path),
        system_prompt=system_prompt,
        model_name=body.model,
        answering_model=caller.answering_model,
        settings=_settings(body),
        parent_response_id=parent,
        conversation=caller.conversation,
        files=files.data,
        provenance=_provenance(body),
        record=caller.record,
    )


def _told_first(path: list[Said]) -> tuple[str | None, list[Said]]:
    # Who says nothing else means it as what is to be answered.
    first = path[0] if len(path) > 1 else None
    if first is None or first.sender != "system":
        return None, path
    if len(first.message.encode(errors="replace")) > LONGEST_SYSTEM_PROMPT:
        return None, path
    return first.message, path[1:]


def _parent(body: ResponseBody, caller: Caller) -> str:
    if not body.previous_response_id:
        return caller.parent_response_id
    named = named_response(body.previous_response_id) or body.previous_response_id
    if caller.parent_response_id not in ("", named):
        raise bad("it names another response than the header x-grok-tree-parent", PREVIOUS)
    return named


def _provenance(body: ResponseBody) -> dict[str, str]:
    words = kept_words(body.metadata, body.user)
    if body.previous_response_id:
        words[PREVIOUS] = body.previous_response_id
    if body.instructions:
        words[INSTRUCTED] = "given"
    return words


def _check(body: ResponseBody) -> None:
    refuse_set(body, _REFUSED)
    if body.text and body.text.verbosity not in (None, "medium"):
        raise bad("only medium, which is no wish, can be honoured; say it in words", "text")
    for place, wanted in enumerate(body.include or ()):
        if wanted not in (LOGPROBS, "reasoning.encrypted_content"):
            raise bad(f"{wanted!r} is nothing that answers here have", f"include[{place}]")


def _settings(body: ResponseBody) -> Settings:
    tools = tuple(_tool(one, f"tools[{place}]") for place, one in enumerate(body.tools or ()))
    choice = choice_of(body.tool_choice)
    check_parallel(body.parallel_tool_calls, tools, choice)
    effort = body.reasoning.effort if body.reasoning else None
    wanted = body.text.format if body.text else None
    return Settings(
        temperature=body.temperature,
        top_p=body.top_p,
        max_tokens=body.max_output_tokens,
        seed=body.seed,
        stop=texts_of(body.stop),
        logprobs=bool(body.top_logprobs) or LOGPROBS in (body.include or ()),
        top_logprobs=body.top_logprobs or 0,
        reasoning_effort=effort_of(effort, "reasoning.effort"),
        response_format=format_of(wanted, "text.format"),
        tools=tools,
        tool_choice=choice,
    )


def _tool(given: ToolGiven, param: str) -> Tool:
    if given.type == "function":
        if not given.name:
            raise bad("a function needs a name", param)
        parameters = "" if given.parameters is None else as_text(given.parameters)
        return Tool(name=given.name, description=given.description or "", parameters=parameters)
    kind = _PROVIDERS_TOOLS.get(given.type)
    if kind is None:
        known = ", ".join(["function", *_PROVIDERS_TOOLS])
        raise bad(f"a tool of type {given.type!r} is not known here; there are: {known}", param)
    return Tool(kind=kind)
