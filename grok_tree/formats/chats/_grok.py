"""The Grok account export: a ZIP, its folder, or ``prod-grok-backend.json`` out of it.

Only that file is read: never what else the export holds of a profile, sessions and billing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Attachment, Citation, Sender
from grok_tree.formats._elements import iter_elements
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, raw_json
from grok_tree.formats._loose import key_of, name_of, objects_in, text_of, without
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_iso, from_milliseconds
from grok_tree.formats.chats._values import (
    keep_about,
    members,
    read_safely,
    unreadable,
    without_empty,
)

_NAME = "prod-grok-backend.json"
_FILES = r"prod-grok-backend\.json"
_KEYS = ("_id", "response_id", "id")
_HELD = (
    *("id", "conversation_id", "_id", "title", "create_time", "modify_time", "starred"),
    *("leaf_response_id", "conversation", "responses", "user_id", "x_user_id", "anon_user_id"),
)
"""What is not kept of a conversation: what fields hold, and whose it is."""
_SOURCES = ("cited_web_search_results", "web_search_results")
_MEDIA_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "mp4": "video/mp4"}


def _detect(source: Opened) -> bool:
    found = members(source, _FILES)
    if source.is_folder or source.is_archive:
        return bool(found)
    return source.name == _NAME or "conversations.item.responses" in source.keys


def _read(source: Opened) -> Iterator[Found]:
    found = members(source, _FILES)
    if len(found) != 1:
        raise MalformedDocument(
            f"{source.name} cannot be read: it holds {len(found)} files named {_NAME}, and one is"
            " due; name the one to read"
        )
    with found[0].open() as file:
        for index, element in enumerate(iter_elements(file, "conversations")):
            yield read_safely(element, index, _found)


def _found(element: bytes, index: int) -> Found:
    mended: list[str] = []
    item = decoded_json(element, dict[str, Any], mended)
    inner = item.get("conversation")
    about: dict[str, Any] = inner if isinstance(inner, dict) else item
    key = _id(about, ("id", "conversation_id", "_id"))
    if not isinstance(item.get("responses"), list):
        return Skipped(index, key or "", "it has no 'responses'")
    nodes = _nodes(item["responses"])
    entry = {} if about is item else without(item, "conversation", "responses")
    rest = without(about, *_HELD)
    for name in ("create_time", "modify_time"):
        if _time(about.get(name)) is None:
            rest[name] = about.get(name)
    keep_about(nodes, {**rest, "entry": entry})
    return SourceConversation(
        nodes=nodes,
        key=key,
        title=name_of(about.get("title")),
        create_time=_time(about.get("create_time")),
        modify_time=_time(about.get("modify_time")),
        starred=about.get("starred") is True,
        leaf=_id(about, ("leaf_response_id",)),
        repairs=tuple(mended),
    )


def _nodes(entries: list[Any]) -> list[SourceNode]:
    nodes: list[SourceNode] = []
    asked: dict[str, str] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            nodes.append(unreadable(msgspec.json.encode(entry)))
            continue
        inner = entry.get("response")
        response = dict(inner) if isinstance(inner, dict) else dict(entry)
        if isinstance(inner, dict):
            response["share_link"] = entry.get("share_link")
            response["entry"] = without(entry, "response", "share_link")
        key = _id(response, _KEYS)
        if key is not None:
            asked[key] = _asked_model(response)
        nodes.append(_node(response, key, asked))
    return nodes


def _node(response: dict[str, Any], key: str | None, asked: dict[str, str]) -> SourceNode:
    rest = {name: one for name, one in response.items() if name not in _KEYS}
    rest.pop("conversation_id", None)
    parent = _id({"id": rest.pop("parent_response_id", None)}, ("id",))
    time = _time(rest.get("create_time"))
    if time is not None:
        del rest["create_time"]
    mended: list[str] = []
    sender, spoken_by = _sender(rest.pop("sender", None))
    model = name_of(rest.pop("model", None)) or asked.get(key or "", "") or spoken_by
    partial = rest.pop("partial", None) is True
    facts = {name: "true" for name in ("manual", "shared") if rest.pop(name, None) is True}
    return node(
        sender,
        text_of(rest.pop("message", None), mended),
        key=key,
        parent=parent,
        create_time=time,
        reasoning=_reasoning(rest),
        partial=partial,
        finish_reason="failed" if partial or rest.get("error") else None,
        query=name_of(rest.pop("query", None)),
        query_type=name_of(rest.pop("query_type", None)),
        model_name=(model or asked.get(parent or "", "")) if sender == "assistant" else "",
        citations=_citations(rest),
        attachments=_attachments(rest),
        facts=facts,
        repairs=mended,
        raw=raw_json(without_empty(rest)),
    )


def _sender(said: Any) -> tuple[Sender, str]:
    """Return who said it, and the model that the export names there instead of the assistant."""
    name = name_of(said).lower()
    if name in ("human", "user"):
        return "human", ""
    return "assistant", "" if name in ("", "assistant") else name_of(said)


def _asked_model(response: dict[str, Any]) -> str:
    metadata = response.get("metadata")
    details = metadata.get("requestModelDetails") if isinstance(metadata, dict) else None
    return name_of(details.get("modelId")) if isinstance(details, dict) else ""


def _reasoning(rest: dict[str, Any]) -> str:
    """Return what was thought: by the model, else by the agents that answered together."""
    if trace := name_of(rest.pop("thinking_trace", None)):
        return trace
    several = objects_in(rest.get("agent_thinking_traces"))
    traces = (name_of(one.get("thinking_trace")) for one in several)
    return "\n\n".join(trace for trace in traces if trace)


def _citations(rest: dict[str, Any]) -> tuple[Citation, ...]:
    """Return the sources that were named, else those that were found; all are kept too."""
    for name in _SOURCES:
        cited = [one for one in objects_in(rest.get(name)) if name_of(one.get("url"))]
        if cited:
            return tuple(Citation(url=one["url"], title=name_of(one.get("title"))) for one in cited)
    return ()


def _attachments(rest: dict[str, Any]) -> tuple[Attachment, ...]:
    """Return files and images; an asset of the export is called by its id."""
    found: list[Attachment] = []
    for name in ("file_attachments", "image_attachments", "generated_image_urls"):
        several = rest.get(name)
        if isinstance(several, list) and all(isinstance(one, str) for one in several):
            found += [_attachment(one) for one in several if one]
            del rest[name]
    return tuple(found)


def _attachment(where: str) -> Attachment:
    end = where.rsplit("/", 1)[-1]
    media_type = _MEDIA_TYPES.get(end.rsplit(".", 1)[-1].lower(), "")
    url = where if "/" in where else f"grok:{where}"
    return Attachment(url=url, name=end if "/" in where else "", media_type=media_type)


def _id(values: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """Return the first id of some names, as it is or as an object of the database."""
    for name in names:
        value = values.get(name)
        found = key_of(value.get("$oid") if isinstance(value, dict) else value)
        if found is not None:
            return found
    return None


def _time(value: Any) -> datetime | None:
    """Return a time: of conversations a text, of newer responses an object of the database."""
    if not isinstance(value, dict):
        return from_iso(value)
    date = value.get("$date")
    if isinstance(date, dict):
        date = date.get("$numberLong")
    return from_iso(date) or from_milliseconds(date)


FORMAT = Format(
    name="grok",
    title="Grok account export (ZIP, folder or prod-grok-backend.json)",
    suffix=".json",
    detect=_detect,
    read=_read,
)
"""A Grok account takes nothing back, so there is no writer."""
