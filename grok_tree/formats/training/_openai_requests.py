"""Recorded calls of the OpenAI API: a request and its response on each line.

Chat completions and responses are both read, beside each other or in the shape of batches
(``custom_id``, ``body``, ``response.body``). Calls whose messages begin alike, at least up to the
first that is not the system's, make one conversation in which what they share stands once; what
is sampled is never merged, so that equal answers stay several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import FinishReason, Settings, TokenAlternative, TokenLogprob, Tool, Usage
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, raw_json
from grok_tree.formats._loose import logprob_of, object_of, objects_in
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode
from grok_tree.formats._times import from_iso, from_seconds
from grok_tree.formats._usage import usage_of
from grok_tree.formats.training._records import iter_records, record_keys, record_of
from grok_tree.formats.training._turns import (
    Message,
    are_held,
    content_of,
    message_node,
    raw_text,
    tools_of,
)

_FINISH: dict[Any, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "max_output_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "failed",
    "completed": "stop",
    "incomplete": "length",
    "cancelled": "cancelled",
    "failed": "failed",
}
_PROMPT_KEYS = {"messages", "input", "instructions", "tools", "model", "stream"}
_ANSWER_KEYS = {"choices", "output", "output_text", "usage", "model", "object"}


def _detect(source: Opened) -> bool:
    keys = record_keys(source)
    asked = not keys.isdisjoint(
        {"request.messages", "request.input", "body.messages", "body.input"}
    )
    return asked or {"custom_id", "response.body"} <= keys


def _read(source: Opened) -> Iterator[Found]:
    grown = _Grown()
    for index, content in enumerate(iter_records(source)):
        try:
            grown.add(_call(record_of(decoded_json(content, Any, []))))
        except MalformedDocument as error:
            yield Skipped(index, "", str(error))
    for tree in grown.trees:
        yield SourceConversation(nodes=tree.nodes, create_time=tree.nodes[0].said.create_time)


class _Call(msgspec.Struct):
    """What was asked, what was answered, and the id by which a later call may go on from it."""

    prompt: list[SourceNode]
    answers: list[SourceNode]
    key: str = ""
    previous: str = ""


class _Tree(msgspec.Struct):
    """One conversation as it grows: its nodes, and where what was said first below which."""

    nodes: list[SourceNode] = []
    places: dict[tuple[object, ...], int] = {}

    def hang(self, one: SourceNode, parent: int | None) -> int:
        """Add a node and return its place."""
        place = len(self.nodes)
        one.parent = parent
        self.nodes.append(one)
        self.places.setdefault((parent, *_said(one)), place)
        return place

    def follow(self, prompt: Sequence[SourceNode], parent: int | None) -> int | None:
        """Walk down a prompt as far as it is known, add the rest, return the place of its end."""
        for one in prompt:
            found = self.places.get((parent, *_said(one)))
            parent = self.hang(one, parent) if found is None else found
        return parent


class _Grown:
    """The conversations that calls make."""

    def __init__(self) -> None:
        self.trees: list[_Tree] = []
        self._by_beginning: dict[tuple[object, ...], _Tree] = {}
        self._by_key: dict[str, tuple[_Tree, int]] = {}

    def add(self, call: _Call) -> None:
        """Add a call where it belongs."""
        tree, parent = self._by_key.get(call.previous, (None, None))
        if tree is None:
            tree = self._tree(call)
        end = tree.follow(call.prompt, parent)
        for answer in call.answers:
            place = tree.hang(answer, end)
            if call.key:
                self._by_key.setdefault(call.key, (tree, place))

    def _tree(self, call: _Call) -> _Tree:
        beginning = _beginning(call.prompt)
        tree = self._by_beginning.get(beginning) if beginning else None
        if tree is None:
            tree = _Tree()
            self.trees.append(tree)
            if beginning:
                self._by_beginning[beginning] = tree
        return tree


def _beginning(prompt: Sequence[SourceNode]) -> tuple[object, ...]:
    """Return what a prompt begins with, up to its first message that is not the system's."""
    found = []
    for one in prompt:
        found.append(_said(one))
        if one.said.sender != "system":
            return tuple(found)
    return ()


def _said(one: SourceNode) -> tuple[object, ...]:
    """Return what makes two messages the same; what was thought is not always sent back."""
    said = one.said
    calls = tuple((call.name, call.arguments, call.call_id) for call in said.tool_calls)
    urls = tuple(one.url for one in said.attachments)
    return said.sender, said.message, calls, said.tool_call_id, urls


def _call(record: Message) -> _Call:
    request = object_of(record.get("request")) or object_of(record.get("body"))
    response = object_of(record.get("response"))
    status = response.get("status_code")
    response = object_of(response.get("body")) or response
    if not request and not response:
        raise MalformedDocument("it has neither a request nor a response")
    settings = _settings(request)
    answers = _answers(response, request, settings)
    error = record.get("error") or response.get("error")
    if not answers and (error or (isinstance(status, int) and status >= 400)):
        answers = [_failed(error or response, request, settings)]
    prompt, time = _prompt(request), _time(record, response)
    for one in (*prompt, *answers):
        one.said = msgspec.structs.replace(one.said, create_time=time)
    call = _Call(
        prompt=prompt,
        answers=answers,
        key=raw_text(response.get("id")),
        previous=raw_text(request.get("previous_response_id")),
    )
    if not call.prompt and not call.answers:
        raise MalformedDocument("it asks nothing and answers nothing")
    return call


def _prompt(request: Message) -> list[SourceNode]:
    nodes: list[SourceNode] = []
    if request.get("instructions"):
        nodes.append(message_node({"role": "system", "content": request["instructions"]}))
    asked = request.get("messages", request.get("input"))
    if isinstance(asked, str):
        asked = [{"role": "user", "content": asked}]
    listed = asked if isinstance(asked, list) else []
    return nodes + [message_node(one) for one in _merged_items(listed)]


def _answers(response: Message, request: Message, settings: Settings) -> list[SourceNode]:
    """Return the siblings that were sampled; of what they used, the first has all."""
    choices = response.get("choices")
    if isinstance(choices, list):
        found = [_choice(one, settings) for one in choices if isinstance(one, dict)]
    elif isinstance(response.get("output"), list):
        found = [_output(response, settings)]
    else:
        return []
    model = raw_text(response.get("model") or request.get("model"))
    rest = {name: one for name, one in response.items() if name not in _ANSWER_KEYS and one}
    for number, one in enumerate(found):
        kept = {"response": rest, "request": _unheld(request)} if number == 0 else {}
        raw = decoded_json(one.raw.encode(), Message) if one.raw else {}
        one.raw = raw_json({**raw, **{name: value for name, value in kept.items() if value}})
        usage = usage_of(response.get("usage"))[0] if number == 0 else Usage()
        one.said = msgspec.structs.replace(one.said, model_name=model, usage=usage)
    return found


def _choice(choice: Message, settings: Settings) -> SourceNode:
    message = choice.get("message")
    said = message if isinstance(message, dict) else {"content": raw_text(choice.get("text"))}
    one = message_node({"role": "assistant", **said}, settings=settings)
    reason = choice.get("finish_reason")
    _finish(one, reason)
    one.logprobs = _logprobs(choice.get("logprobs"))
    return one


def _output(response: Message, settings: Settings) -> SourceNode:
    """Return the items of one answer as one response."""
    merged = list(_merged_items(response["output"]))
    one = message_node(merged[0] if merged else {"role": "assistant"}, settings=settings)
    if len(merged) > 1:
        raw = decoded_json(one.raw.encode(), Message) if one.raw else {}
        one.raw = raw_json({**raw, "output": merged[1:]})
    details = object_of(response.get("incomplete_details"))
    reason = details.get("reason") or response.get("status")
    called = reason == "completed" and one.said.tool_calls
    _finish(one, "tool_calls" if called else reason)
    return one


def _finish(one: SourceNode, reason: Any) -> None:
    """Set why an answer ends."""
    finish = _FINISH.get(reason) if isinstance(reason, str) else None
    partial = finish in ("failed", "cancelled")
    one.said = msgspec.structs.replace(one.said, finish_reason=finish, partial=partial)


def _merged_items(items: Sequence[Any]) -> Iterator[Message]:
    """Yield messages, of which each holds what was thought and called around it."""
    turn: Message = {}
    for item in items:
        kind = item.get("type", "message") if isinstance(item, dict) else ""
        if kind == "reasoning":
            thought = content_of(_as_texts(item.get("summary")) + _as_texts(item.get("content")))
            turn.setdefault("role", "assistant")
            turn["reasoning"] = "\n".join(filter(None, (turn.get("reasoning"), thought[0])))
        elif kind == "function_call":
            call = {"id": item.get("call_id"), "type": "function", "function": _function(item)}
            turn.setdefault("role", "assistant")
            turn["tool_calls"] = [*turn.get("tool_calls", ()), call]
        else:
            if turn and (kind == "function_call_output" or not _continues(turn, item)):
                yield turn
                turn = {}
            if kind == "function_call_output":
                yield _tool_output(item)
            elif _is_answer(item):
                turn = {**item, **turn}
            else:
                yield item if isinstance(item, dict) else {"role": "user", "content": item}
    if turn:
        yield turn


def _is_answer(item: Any) -> bool:
    return isinstance(item, dict) and item.get("role") == "assistant"


def _continues(turn: Message, item: Any) -> bool:
    """Whether a message belongs to what was thought or called before it."""
    return _is_answer(item) and "content" not in turn


def _tool_output(item: Message) -> Message:
    return {"role": "tool", "tool_call_id": item.get("call_id"), "content": item.get("output")}


def _function(item: Message) -> Message:
    return {"name": item.get("name"), "arguments": item.get("arguments")}


def _as_texts(parts: Any) -> list[Message]:
    found = parts if isinstance(parts, list) else []
    return [{"type": "text", "text": one.get("text")} for one in found if isinstance(one, dict)]


def _failed(error: Any, request: Message, settings: Settings) -> SourceNode:
    one = message_node({"role": "assistant", "error": error}, settings=settings)
    one.said = msgspec.structs.replace(
        one.said,
        partial=True,
        finish_reason="failed",
        model_name=raw_text(request.get("model")),
    )
    return one


_SETTINGS = {
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "max_tokens": ("max_tokens", "max_completion_tokens", "max_output_tokens"),
    "seed": ("seed",),
    "frequency_penalty": ("frequency_penalty",),
    "presence_penalty": ("presence_penalty",),
    "reasoning_effort": ("reasoning_effort",),
    "top_logprobs": ("top_logprobs",),
}


def _settings(request: Message) -> Settings:
    """Return what was asked of the model, as far as it is in order."""
    asked: dict[str, Any] = {}
    for ours, theirs in _SETTINGS.items():
        for name in theirs:
            if request.get(name) is not None:
                asked[ours] = request[name]
    stop = request.get("stop")
    asked["stop"] = [stop] if isinstance(stop, str) else stop or []
    asked["logprobs"] = request.get("logprobs") is True
    sound = {name: one for name, one in asked.items() if _fits({name: one})}
    tools: tuple[Tool, ...] = tools_of(request.get("tools") or []) or ()
    return msgspec.structs.replace(msgspec.convert(sound, Settings), tools=tools)


def _fits(setting: dict[str, Any]) -> bool:
    try:
        msgspec.convert(setting, Settings)
    except msgspec.ValidationError:
        return False
    return True


def _unheld(request: Message) -> Message:
    """Return what a request says that has no field."""
    held = {*_PROMPT_KEYS, "stop", "logprobs", "previous_response_id"}
    held.update(name for names in _SETTINGS.values() for name in names)
    if not are_held(request.get("tools") or []):
        held.discard("tools")
    return {name: one for name, one in request.items() if name not in held and one is not None}


def _logprobs(found: Any) -> list[TokenLogprob]:
    tokens: list[TokenLogprob] = []
    offset = 0
    listed = object_of(found).get("content")
    for one in listed if isinstance(listed, list) else ():
        logprob = logprob_of(object_of(one).get("logprob"))
        if logprob is None:
            return []
        text = raw_text(one.get("token"))
        alternatives = tuple(
            TokenAlternative(raw_text(other.get("token")), known)
            for other in objects_in(one.get("top_logprobs"))
            if (known := logprob_of(other.get("logprob"))) is not None
        )
        tokens.append(TokenLogprob(text, logprob, alternatives, offset))
        offset += len(text)
    return tokens


def _time(record: Message, response: Message) -> Any:
    for name in ("created", "created_at", "timestamp", "time"):
        for where in (response, record):
            value = where.get(name)
            if (found := from_seconds(value) or from_iso(value)) is not None:
                return found
    return None


FORMAT = Format(
    name="openai_requests",
    title="recorded calls of the OpenAI API, a request and its response a line (JSON Lines)",
    suffix=".jsonl",
    detect=_detect,
    read=_read,
)
