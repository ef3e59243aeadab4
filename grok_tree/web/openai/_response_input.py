"""Responses: the items of an input, as what was said.

One answer of a model is several items there: what it thought, what it said, the tools it called.
Those that stand together, and do not say that they are of different answers, are one again here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from grok_tree.forest import ToolCall
from grok_tree.service import Said
from grok_tree.web.openai._bodies import bad
from grok_tree.web.openai._caller import named_response
from grok_tree.web.openai._content import Content, Files, Part, said_in, text_of


class Item(msgspec.Struct):
    """One item; what items of other providers hold beside these is passed over."""

    type: str = "message"
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: Content = None
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | list[Part] | None = None
    summary: list[Part] | None = None
    encrypted_content: str | None = None


Input = str | list[Item] | None

_OF_ANSWERS = ("reasoning", "function_call")


def said_by_input(given: Input, files: Files) -> list[Said]:
    """Return what an input says, in order.

    Raises:
        InvalidOperationError: An item is of no kind that is known here, or cannot be read.
    """
    if given is None or isinstance(given, str):
        return [Said(sender="human", message=given)] if given else []
    path: list[Said] = []
    answer: list[Said] = []
    for place, item in enumerate(given):
        said = _said(item, files, f"input[{place}]")
        if _is_of_answer(item):
            if answer and not _goes_on(answer, said):
                path.append(_joined(answer))
                answer = []
            answer.append(said)
            continue
        if answer:
            path.append(_joined(answer))
            answer = []
        path.append(said)
    return [*path, _joined(answer)] if answer else path


def _is_of_answer(item: Item) -> bool:
    return item.type in _OF_ANSWERS or (item.type == "message" and item.role == "assistant")


def _goes_on(answer: Sequence[Said], said: Said) -> bool:
    """Return whether an item belongs to the answer that the items before it are of."""
    named = {one.response_id for one in answer if one.response_id}
    if said.response_id and named:
        return said.response_id in named
    # Answers think first, then speak, then call tools.
    return bool(said.tool_calls) or not any(one.message or one.tool_calls for one in answer)


def _joined(answer: Sequence[Said]) -> Said:
    if len(answer) == 1:
        return answer[0]
    return Said(
        sender="assistant",
        message="".join(one.message for one in answer),
        reasoning="".join(one.reasoning for one in answer),
        tool_calls=tuple(call for one in answer for call in one.tool_calls),
        response_id=next((one.response_id for one in answer if one.response_id), ""),
        encrypted_reasoning=next(
            (one.encrypted_reasoning for one in answer if one.encrypted_reasoning), ""
        ),
    )


def _said(item: Item, files: Files, param: str) -> Said:
    match item.type:
        case "message":
            return _message(item, files, param)
        case "reasoning":
            token = item.encrypted_content or ""
            named = named_response(item.id or "") or named_response(token)
            return Said(
                sender="assistant",
                reasoning=text_of(item.content or item.summary, f"{param}.content"),
                encrypted_reasoning="" if named_response(token) else token,
                response_id=named,
            )
        case "function_call" if item.call_id and item.name:
            call = ToolCall(call_id=item.call_id, name=item.name, arguments=item.arguments or "")
            return Said(
                sender="assistant", tool_calls=(call,), response_id=named_response(item.id or "")
            )
        case "function_call_output" if item.call_id:
            text = text_of(item.output, f"{param}.output")
            return Said(sender="tool", message=text, tool_call_id=item.call_id)
        case _:
            raise bad(
                f"an item of type {item.type!r} cannot be taken here, or misses a part; send"
                " messages, reasoning, function_call (call_id, name, arguments) and"
                " function_call_output (call_id, output)",
                param,
            )


def _message(item: Item, files: Files, param: str) -> Said:
    content = f"{param}.content"
    match item.role:
        case "user":
            text, attached = said_in(item.content, files, content)
            return Said(sender="human", message=text, attachments=attached)
        case "assistant":
            text = text_of(item.content, content)
            return Said(sender="assistant", message=text, response_id=named_response(item.id or ""))
        case None:
            raise bad("a message needs a role", param)
        case _:
            return Said(sender="system", message=text_of(item.content, content))
