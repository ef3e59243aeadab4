"""Lists of messages with roles, as the OpenAI API and ChatML have them: JSON Lines or JSON.

A record is ``{"messages": [...]}``; a file that is one bare list of messages is one conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from grok_tree.forest import Forest, Settings
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json
from grok_tree.formats._opening import Opened
from grok_tree.formats._paths import PATHS, SCORE, chosen_paths
from grok_tree.formats._source import SourceConversation
from grok_tree.formats.training._records import (
    found_in,
    iter_records,
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
    messages_of,
    tools_json,
    tools_of,
)

_OTHERS = {
    "messages.item.fragments",
    "messages.item.id",
    "messages.item.parent_id",
    "messages.item.parentMessageId",
    "conversationId",
    "label",
    "kto_tag",
    "chosen",
    "rejected",
    "request",
    "response",
    "custom_id",
}
_LIST_KEYS = {"item.role", "item.content"}


def _detect(source: Opened) -> bool:
    keys = record_keys(source)
    listed = "messages.item.role" in keys or _is_one_list(source)
    return listed and keys.isdisjoint(_OTHERS)


def _is_one_list(source: Opened) -> bool:
    return source.keys >= _LIST_KEYS and source.keys.isdisjoint(
        {"item.id", "item.parent_id", "item.messages"}
    )


def _read(source: Opened) -> Iterator[Found]:
    if _is_one_list(source):
        messages = [decoded_json(one, Any, []) for one in iter_records(source)]
        yield SourceConversation(nodes=message_nodes(messages))
        return
    yield from found_in(source, _conversation)


def _conversation(value: Any) -> SourceConversation:
    record = record_of(value)
    held = ("messages", "id")
    rest = {name: one for name, one in record.items() if name not in held and is_said(one)}
    tools = tools_of(record.get("tools"))
    if are_held(record.get("tools")):
        rest.pop("tools", None)
    title = rest.pop("title", "") if isinstance(record.get("title"), str) else ""
    nodes = message_nodes(record.get("messages"), settings=Settings(tools=tools or ()))
    return SourceConversation(nodes=with_rest(nodes, rest), key=name_of(record), title=title)


def _write(forests: Iterable[Forest], file: BinaryIO, *, paths: str, score: str) -> int:
    written = 0
    for forest in forests:
        seen: set[str] = set()
        for path in chosen_paths(forest, paths, score):
            said = list(path)
            record: dict[str, Any] = {
                "messages": messages_of(said, forest.conversation.system_prompt)
            }
            if tools := tools_json(said):
                record["tools"] = tools
            record["conversation_id"] = forest.conversation.conversation_id
            record["response_ids"] = path.ids
            file.write(line(record))
            seen.update(path.ids)
        written += len(seen)
    return written


CHAIN_LOSSES = (
    "forks: each path is a conversation of its own, with the shared responses again",
    "what is on none of the chosen paths",
    "title, create_time, modify_time, starred and leaf_response_id of the conversation",
    "system_prompt as such: it becomes the first message, unless the path has one of its own",
    "ids: they are in columns of their own, not in what is read back as a response's id",
    "create_time, model_name, finish_reason, usage, timing and logprobs",
    "marks, origin, partial, manual, shared, query, query_type, citations and attachments",
    "encrypted_reasoning",
)
"""What any list of messages does not hold."""

FORMAT = Format(
    name="messages",
    title="messages with roles, a record for each path (ChatML, OpenAI; JSON Lines or JSON)",
    suffix=".jsonl",
    detect=_detect,
    read=_read,
    write=_write,
    options=(
        PATHS,
        SCORE,
    ),
    losses=(*CHAIN_LOSSES, "settings, but for the tools that the last answer was offered"),
)
