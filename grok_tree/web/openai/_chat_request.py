"""Chat completions: what is asked."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from grok_tree.forest import Settings, ToolCall
from grok_tree.service import Said, StatelessCall
from grok_tree.web.openai._asking import (
    Format,
    FunctionGiven,
    Whole,
    check_parallel,
    choice_of,
    effort_of,
    format_of,
    texts_of,
    tool_of,
    unless_nothing,
)
from grok_tree.web.openai._bodies import Body, as_text, bad, reader, refuse_set
from grok_tree.web.openai._caller import Caller, named_response
from grok_tree.web.openai._content import Content, Files, said_in, text_of

DOOR = "openai/chat"
LONGEST_SYSTEM_PROMPT = 128 * 1024
"""A longer first message of the system is a response of its own."""

_SYSTEM = ("system", "developer")


class FunctionCalled(msgspec.Struct):
    """A call of a function."""

    name: str
    arguments: str = ""


class CallGiven(msgspec.Struct):
    """A call of a tool that a client sends back."""

    id: str
    function: FunctionCalled
    type: Literal["function"] = "function"


class ToolGiven(msgspec.Struct):
    """A tool."""

    function: FunctionGiven
    type: Literal["function"] = "function"


class ChatMessage(msgspec.Struct):
    """One message; what answers of other providers hold beside these is passed over."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Content = None
    refusal: str | None = None
    tool_calls: list[CallGiven] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None
    encrypted_content: str | None = None


class StreamOptions(msgspec.Struct):
    """What a stream holds beside the answer."""

    include_usage: bool | None = None


class ChatBody(Body):
    """The body of a request. What is of type Any is refused when it is set, or changes nothing."""

    messages: list[ChatMessage]
    model: str = ""
    n: Whole | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: Whole | None = None
    min_p: float | None = None
    max_tokens: Whole | None = None
    max_completion_tokens: Whole | None = None
    seed: Whole | None = None
    stop: str | list[str] | None = None
    logprobs: bool | None = None
    top_logprobs: Whole | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    reasoning_effort: str | None = None
    response_format: Format | None = None
    tools: list[ToolGiven] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    store: Any = None
    service_tier: Any = None
    safety_identifier: Any = None
    prediction: Any = None
    prompt_cache_key: Any = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    audio: Any = None
    function_call: Any = None
    functions: Any = None
    logit_bias: Any = None
    modalities: Any = None
    moderation: Any = None
    verbosity: Any = None
    web_search_options: Any = None


_REFUSED = {
    "audio": "no model here speaks",
    "function_call": "it was replaced by tool_choice",
    "functions": "they were replaced by tools",
    "logit_bias": "models here have different tokens",
    "moderation": "nothing is moderated",
    "web_search_options": "a model searches through its own tools only",
}

read_chat = reader(ChatBody)


def chat_call(body: ChatBody, caller: Caller) -> StatelessCall:
    """Return what is asked, for the use cases.

    Raises:
        InvalidOperationError: Something in it cannot be done or understood.
    """
    _check(body)
    files = Files()
    below = bool(caller.parent_response_id)
    system_prompt, path = _path(body.messages, files, below=below)
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
        n=1 if body.n is None else body.n,
        parent_response_id=caller.parent_response_id,
        conversation=caller.conversation,
        files=files.data,
        provenance=kept_words(body.metadata, body.user),
        record=caller.record,
    )


def kept_words(metadata: dict[str, str] | None, user: str | None) -> dict[str, str]:
    """Return what a client says of its request, for the origin of the answers.

    Raises:
        InvalidOperationError: It is too long, or cannot be stored.
    """
    words = {}
    if metadata:
        words["metadata"] = as_text(metadata)
    if user:
        words["user"] = user
    for name, text in words.items():
        if len(text) > _LONGEST_WORDS or "\\u0000" in text or "\0" in text:
            raise bad(f"it holds U+0000 or more than {_LONGEST_WORDS:,} characters", name)
    return words


_LONGEST_WORDS = 16_384


def _check(body: ChatBody) -> None:
    refuse_set(body, _REFUSED)
    if body.modalities not in (None, [], ["text"]):
        raise bad("only text comes out of models here; leave it out", "modalities")
    if body.verbosity not in (None, "medium"):
        raise bad("only medium, which is no wish, can be honoured; say it in words", "verbosity")
    if body.top_logprobs and not body.logprobs:
        raise bad("top_logprobs needs logprobs=true", "top_logprobs")
    limits = {body.max_tokens, body.max_completion_tokens} - {None}
    if len(limits) > 1:
        raise bad("max_tokens and max_completion_tokens differ; give one", "max_tokens")


def _settings(body: ChatBody) -> Settings:
    tools = tuple(tool_of(one.function) for one in body.tools or ())
    choice = choice_of(body.tool_choice)
    check_parallel(body.parallel_tool_calls, tools, choice)
    limit = body.max_tokens if body.max_completion_tokens is None else body.max_completion_tokens
    return Settings(
        temperature=body.temperature,
        top_p=body.top_p,
        min_p=body.min_p,
        top_k=body.top_k,
        max_tokens=limit,
        seed=body.seed,
        stop=texts_of(body.stop),
        logprobs=bool(body.logprobs),
        top_logprobs=body.top_logprobs or 0,
        frequency_penalty=unless_nothing(body.frequency_penalty),
        presence_penalty=unless_nothing(body.presence_penalty),
        reasoning_effort=effort_of(body.reasoning_effort, "reasoning_effort"),
        response_format=format_of(body.response_format, "response_format"),
        tools=tools,
        tool_choice=choice,
    )


def _path(
    messages: list[ChatMessage], files: Files, *, below: bool
) -> tuple[str | None, list[Said]]:
    # Who says nothing else means it as what is to be answered.
    if (messages[1:] or below) and messages[:1] and messages[0].role in _SYSTEM:
        told = text_of(messages[0].content, "messages[0].content")
        if len(told.encode(errors="replace")) <= LONGEST_SYSTEM_PROMPT:
            return told, _said_by_all(messages, files, begin=1)
    return None, _said_by_all(messages, files, begin=0)


def _said_by_all(messages: list[ChatMessage], files: Files, begin: int) -> list[Said]:
    places = range(begin, len(messages))
    return [_said(messages[place], files, f"messages[{place}]") for place in places]


def _said(message: ChatMessage, files: Files, param: str) -> Said:
    content = f"{param}.content"
    match message.role:
        case "user":
            text, attached = said_in(message.content, files, content)
            return Said(sender="human", message=text, attachments=attached)
        case "assistant":
            return _answer(message, content)
        case "tool":
            if not message.tool_call_id:
                raise bad("a message of a tool needs the tool_call_id it answers", param)
            text = text_of(message.content, content)
            return Said(sender="tool", message=text, tool_call_id=message.tool_call_id)
        case _:
            return Said(sender="system", message=text_of(message.content, content))


def _answer(message: ChatMessage, param: str) -> Said:
    calls = [
        ToolCall(call_id=one.id, name=one.function.name, arguments=one.function.arguments)
        for one in message.tool_calls or ()
    ]
    token = message.encrypted_content or ""
    named = named_response(token)
    return Said(
        sender="assistant",
        message=text_of(message.content, param) or message.refusal or "",
        tool_calls=tuple(calls),
        reasoning=message.reasoning_content or "",
        encrypted_reasoning="" if named else token,
        response_id=named,
    )
