"""Writing forests as ChatGPT exports them.

A message of that format is text, or thoughts, or one call of a tool. A response that is several of
these becomes a chain of messages, as the product itself has it; the last has the response's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from grok_tree.forest import (
    NO_PARENT,
    NO_TIME,
    Attachment,
    Citation,
    Forest,
    Response,
    derived_id,
)
from grok_tree.formats._kept import JsonArray, kept, kept_about, keys_for
from grok_tree.formats._loose import object_of, without
from grok_tree.formats._roles import ROLES
from grok_tree.formats._times import to_seconds
from grok_tree.formats.chats._chatgpt_words import (
    FILE,
    OUT_OF_CONTEXT,
    REASONING_KEYS,
    TEXT_KEYS,
)

LOSSES = (
    "ids, in their own form",
    "that reasoning, message and tool calls are one response: each becomes a message of its own",
    "ids of tool calls, and which of several calls a tool answers",
    "contents of attachments",
    "finish_reason other than stop, length, cancelled and failed",
    "encrypted_reasoning",
    "query and query_type",
    "settings, usage and timing",
    "logprobs",
    "marks",
    "origin, but for flags and what came from ChatGPT",
    "model_name of what no assistant said",
    "manual and shared",
    "system_prompt and model_name of the conversation",
    "times more exact than a number of seconds can be",
)

_END_KINDS = {"stop": "stop", "length": "max_tokens"}
_OF_OTHERS = ("author", "author_metadata", "content", "conversation", "metadata", "node")
"""What is kept of a response that does not stand in its message as such."""
_ROOT = "client-created-root"
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class _Piece:
    """A message that a response becomes.

    Attributes:
        key: Its id.
        content: What it says.
        recipient: Whom it is for.
    """

    key: str
    content: dict[str, Any]
    recipient: str = "all"


def write_chatgpt(forests: Iterable[Forest], file: BinaryIO) -> int:
    """Write forests as one ``conversations.json``; return the number of responses."""
    array = JsonArray(file)
    written = 0
    for forest in forests:
        array.add(_conversation(forest))
        written += len(forest)
    array.close()
    return written


def _conversation(forest: Forest) -> Iterator[bytes]:
    conversation = forest.conversation
    keys = keys_for(forest, "chatgpt")
    created, modified = conversation.create_time, conversation.modify_time
    head = {
        "title": conversation.title or None,
        "create_time": None if created == NO_TIME else to_seconds(created),
        "update_time": None if modified == NO_TIME else to_seconds(modified),
        "current_node": _current(forest, keys),
        "conversation_id": conversation.conversation_id,
        "id": conversation.conversation_id,
        "is_starred": conversation.starred,
    } | kept_about(forest, "chatgpt")
    head.pop("nodes", None)
    yield _encoder.encode(head)[:-1] + b',"mapping":{'
    yield from _mapping(forest, keys)
    yield b"}}"


def _current(forest: Forest, keys: Sequence[str]) -> str:
    leaf = forest.conversation.leaf_response_id
    if leaf is not None and leaf in forest:
        return keys[forest.responses.ids.index(leaf)]
    return keys[-1] if keys else _ROOT


def _mapping(forest: Forest, keys: Sequence[str]) -> Iterator[bytes]:
    tools: dict[str, str] = {}
    heads: dict[int, list[str]] = {NO_PARENT: []}
    for number, response in enumerate(forest):
        first = _pieces(response, keys[number])[0]
        heads.setdefault(forest.parent_numbers[number], []).append(first.key)
    yield _entry(_ROOT, None, None, heads[NO_PARENT])
    for number, response in enumerate(forest):
        parent = forest.parent_numbers[number]
        above = _ROOT if parent == NO_PARENT else keys[parent]
        tools.update((call.call_id, call.name) for call in response.tool_calls)
        several = _pieces(response, keys[number])
        for place, piece in enumerate(several):
            last = place == len(several) - 1
            below = heads.get(number, []) if last else [several[place + 1].key]
            message = _message(response, piece, tools, last=last)
            yield b"," + _entry(piece.key, message, above, below)
            above = piece.key


def _entry(
    key: str, message: dict[str, Any] | None, parent: str | None, children: list[str]
) -> bytes:
    entry = {"id": key, "message": message, "parent": parent, "children": children}
    return b"\n" + _encoder.encode(key) + b":" + _encoder.encode(entry)


def _piece_key(key: str, place: int, n_pieces: int) -> str:
    return key if place == n_pieces - 1 else derived_id(0, "chatgpt", key, str(place))


def _pieces(response: Response, key: str) -> list[_Piece]:
    """Return the messages that a response becomes."""
    content = kept(response, "chatgpt").get("content")
    if content is not None:
        return [_as_it_was(response, key, content)]
    contents: list[tuple[dict[str, Any], str]] = []
    if response.reasoning:
        thought = {"summary": "", "content": response.reasoning, "chunks": [], "finished": True}
        contents.append(({"content_type": "thoughts", "thoughts": [thought]}, "all"))
    if response.message or not (response.reasoning or response.tool_calls):
        contents.append(({"content_type": "text", "parts": [response.message]}, "all"))
    for call in response.tool_calls:
        code = {"content_type": "code", "language": "unknown", "text": call.arguments}
        contents.append((code, call.name))
    return [
        _Piece(_piece_key(key, place, len(contents)), content, recipient)
        for place, (content, recipient) in enumerate(contents)
    ]


def _as_it_was(response: Response, key: str, content: Any) -> _Piece:
    """Return the one message that a response from ChatGPT was."""
    recipient = response.tool_calls[0].name if response.tool_calls else "all"
    if not isinstance(content, dict):
        return _Piece(key, content, recipient)
    kind = str(content.get("content_type"))
    whole = {"content_type": content.get("content_type")}
    if kind in TEXT_KEYS:
        calls = response.tool_calls
        whole[TEXT_KEYS[kind]] = calls[0].arguments if calls else response.message
    elif kind in REASONING_KEYS:
        whole[REASONING_KEYS[kind]] = response.reasoning
    return _Piece(key, {**whole, **content}, recipient)


def _message(
    response: Response, piece: _Piece, tools: Mapping[str, str], *, last: bool
) -> dict[str, Any]:
    """Return a message of the format; only the last piece ends as the response does."""
    rest = kept(response, "chatgpt")
    cut = response.partial and last and not _interrupted(response)
    role = ROLES[response.sender]
    name = response.origin.provenance.get("tool") or tools.get(response.tool_call_id)
    author = {"role": role, "name": name, "metadata": rest.get("author_metadata", {})}
    return {
        **without(rest, *_OF_OTHERS),
        "id": rest.get("id", piece.key),
        "author": {**object_of(rest.get("author")), **author},
        "create_time": rest.get("create_time", to_seconds(response.create_time)),
        "update_time": rest.get("update_time"),
        "content": piece.content,
        "status": rest.get("status", "in_progress" if cut else "finished_successfully"),
        "end_turn": rest.get("end_turn"),
        "weight": rest.get("weight", 0.0 if OUT_OF_CONTEXT in response.origin.flags else 1.0),
        "metadata": _metadata(response, rest.get("metadata"), last=last),
        "recipient": rest.get("recipient", piece.recipient),
        "channel": rest.get("channel"),
    }


def _metadata(response: Response, was: Any, *, last: bool) -> dict[str, Any]:
    metadata: dict[str, Any] = dict(was) if isinstance(was, dict) else {}
    model = response.model_name if response.sender == "assistant" else ""
    if model and not metadata.get("model_slug"):
        metadata["model_slug"] = model
    if "hidden" in response.origin.flags:
        metadata["is_visually_hidden_from_conversation"] = True
    kind = "interrupted" if _interrupted(response) else _END_KINDS.get(response.finish_reason or "")
    if last and kind and "finish_details" not in metadata:
        metadata["finish_details"] = {"type": kind}
    if last and response.attachments and "attachments" not in metadata:
        metadata["attachments"] = [_attachment(one) for one in response.attachments]
    if last and response.citations and not _has_sources(metadata, response):
        metadata["citations"] = [_citation(one) for one in response.citations]
    return metadata


def _interrupted(response: Response) -> bool:
    cancelled = response.finish_reason == "cancelled"
    return response.partial and cancelled and response.sender == "assistant"


def _has_sources(metadata: Mapping[str, Any], response: Response) -> bool:
    return response.origin.format == "chatgpt" or "citations" in metadata


def _attachment(one: Attachment) -> dict[str, Any]:
    id = one.file_id or one.url.removeprefix(FILE)
    return {"id": id, "name": one.name, "mime_type": one.media_type, "size": one.n_bytes}


def _citation(one: Citation) -> dict[str, Any]:
    where = {"type": "webpage", "title": one.title, "url": one.url}
    return {"start_ix": one.begin, "end_ix": one.end, "metadata": where}
