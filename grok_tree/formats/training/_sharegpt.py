"""ShareGPT: records of ``conversations`` with ``from`` and ``value``, as JSON or JSON Lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from grok_tree.forest import Forest, Response, Settings
from grok_tree.formats._format import Format, Found
from grok_tree.formats._opening import Opened
from grok_tree.formats._paths import PATHS, SCORE, chosen_paths
from grok_tree.formats._source import SourceConversation
from grok_tree.formats.training._messages import CHAIN_LOSSES
from grok_tree.formats.training._records import (
    Record,
    found_in,
    name_of,
    record_keys,
    record_of,
    with_rest,
)
from grok_tree.formats.training._turns import (
    are_held,
    is_said,
    line,
    message_nodes,
    message_of,
    raw_text,
    tools_of,
)

_ROLES = {"human": "human", "assistant": "gpt", "system": "system", "tool": "observation"}


def _detect(source: Opened) -> bool:
    keys = record_keys(source)
    return "conversations.item.from" in keys and keys.isdisjoint(
        {"chosen", "rejected", "label", "kto_tag"}
    )


def _read(source: Opened) -> Iterator[Found]:
    yield from found_in(source, _conversation)


def _conversation(value: Any) -> SourceConversation:
    record = record_of(value)
    held = {"conversations", "id", "system", "title"}
    rest = {name: one for name, one in record.items() if name not in held and is_said(one)}
    tools = tools_of(record.get("tools"))
    if are_held(record.get("tools")):
        rest.pop("tools", None)
    nodes = message_nodes(record.get("conversations"), settings=Settings(tools=tools or ()))
    return SourceConversation(
        nodes=with_rest(nodes, rest),
        key=name_of(record),
        title=raw_text(record.get("title")),
        system_prompt=raw_text(record.get("system")),
    )


def _write(forests: Iterable[Forest], file: BinaryIO, *, paths: str, score: str) -> int:
    written = 0
    file.write(b"[")
    before = b"\n"
    for forest in forests:
        seen: set[str] = set()
        for number, path in enumerate(chosen_paths(forest, paths, score)):
            file.write(before + line(_record(forest, number, path)).rstrip())
            before = b",\n"
            seen.update(path.ids)
        written += len(seen)
    file.write(b"\n]\n")
    return written


def _record(forest: Forest, number: int, path: Iterable[Response]) -> Record:
    conversation = forest.conversation
    said = list(path)
    record: Record = {
        "id": f"{conversation.conversation_id}_{number}",
        "conversations": [turn for one in said for turn in _turns(one)],
    }
    if conversation.system_prompt:
        record["system"] = conversation.system_prompt
    if conversation.title:
        record["title"] = conversation.title
    record["conversation_id"] = conversation.conversation_id
    record["response_ids"] = [one.response_id for one in said]
    return record


def _turns(response: Response) -> list[Record]:
    """Return what a response says, and a turn for each call of a tool."""
    calls = [
        {"from": "function_call", "value": line(call["function"]).decode().rstrip()}
        for call in message_of(response).get("tool_calls", ())
    ]
    if calls and not response.message:
        return calls
    return [{"from": _ROLES[response.sender], "value": response.message}, *calls]


FORMAT = Format(
    name="sharegpt",
    title="ShareGPT, a record for each path (JSON or JSON Lines)",
    suffix=".json",
    detect=_detect,
    read=_read,
    write=_write,
    options=(
        PATHS,
        SCORE,
    ),
    losses=(
        *(loss for loss in CHAIN_LOSSES if not loss.startswith(("title", "system_prompt"))),
        "create_time, modify_time, starred and leaf_response_id of the conversation",
        "reasoning, settings, and the ids of calls of tools",
        "which response a call of a tool belongs to: each becomes a response of its own",
    ),
)
