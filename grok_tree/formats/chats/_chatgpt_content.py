"""What a ChatGPT message says: each type of content as text, reasoning, files and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Attachment, Citation
from grok_tree.formats._json import decoded_json
from grok_tree.formats.chats._chatgpt_words import FILE, REASONING_KEYS, TEXT_KEYS

UNREADABLE = "unreadable: its content cannot be read; it is kept as it is"

_HIDDEN = ("user_editable_context", "model_editable_context")


class Said(msgspec.Struct):
    """What a message says.

    Attributes:
        text: Of the message.
        reasoning: What was thought.
        attachments: What its parts point at.
        citations: What it quotes.
        hidden: The product never shows it.
        rest: What the other attributes do not hold, None for nothing.
        repairs: What was mended.
    """

    text: str = ""
    reasoning: str = ""
    attachments: tuple[Attachment, ...] = ()
    citations: tuple[Citation, ...] = ()
    hidden: bool = False
    rest: Any = None
    repairs: tuple[str, ...] = ()


class _Text(msgspec.Struct, forbid_unknown_fields=True, tag_field="content_type", tag="text"):
    """The content of nearly every message."""

    parts: list[str] = []


_plain_text = msgspec.json.Decoder(_Text)


def said_in(content: msgspec.Raw) -> Said:
    """Return what the content of a message says, whatever it is."""
    try:
        parts = _plain_text.decode(content).parts
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _said_otherwise(bytes(content))
    return Said(parts[0] if len(parts) == 1 else "\n".join(parts))


def _said_otherwise(data: bytes) -> Said:
    if not data:
        return Said()
    mended: list[str] = []
    try:
        content = decoded_json(data, Any, mended)
    except MalformedDocument:
        return Said(rest=data.decode("utf-8", "replace"), repairs=(UNREADABLE,))
    if isinstance(content, dict):
        said = _said_in_object(content)
    elif isinstance(content, str):
        said = Said(content)
    else:
        said = Said(rest=content)
    said.repairs = tuple(mended)
    return said


def _said_in_object(content: dict[str, Any]) -> Said:
    kind = content.get("content_type")
    if kind == "text" and content.keys() == {"content_type", "parts"}:
        parts = content["parts"]
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            return Said("\n".join(parts))
    if not isinstance(kind, str):
        return _of_parts(content)
    if kind in TEXT_KEYS and isinstance(content.get(TEXT_KEYS[kind]), str):
        text = content.pop(TEXT_KEYS[kind])
        return Said(text, citations=_quoted(content), hidden=kind in _HIDDEN, rest=content)
    if kind in REASONING_KEYS and isinstance(content.get(REASONING_KEYS[kind]), str):
        return Said(reasoning=content.pop(REASONING_KEYS[kind]), rest=content)
    said = _SPECIAL.get(kind, _of_parts)(content)
    said.hidden = kind in _HIDDEN
    return said


def _of_parts(content: dict[str, Any]) -> Said:
    """Return the texts among the parts, and what the others point at; all of it is kept too."""
    parts = content.get("parts")
    texts: list[str] = []
    files: list[Attachment] = []
    for part in parts if isinstance(parts, list) else [content.get("text")]:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            if isinstance(part.get("text"), str):
                texts.append(part["text"])
            files += _pointed_at(part)
    return Said("\n".join(texts), attachments=tuple(files), rest=content)


def _thoughts(content: dict[str, Any]) -> Said:
    found = content.get("thoughts")
    steps = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    told = [
        "\n".join(one[key] for key in ("summary", "content") if _is_text(one.get(key)))
        for one in steps
    ]
    return Said(reasoning="\n\n".join(one for one in told if one), rest=content)


def _instructions(content: dict[str, Any]) -> Said:
    told = [content.get(key) for key in ("user_profile", "user_instructions")]
    return Said("\n\n".join(str(one) for one in told if _is_text(one)), rest=content)


def _browsed(content: dict[str, Any]) -> Said:
    summary = content.get("summary")
    return Said(summary if isinstance(summary, str) else "", rest=content)


def _screen(content: dict[str, Any]) -> Said:
    screenshot = content.get("screenshot")
    files = _pointed_at(screenshot) if isinstance(screenshot, dict) else []
    return Said(attachments=tuple(files), rest=content)


_SPECIAL: Mapping[str, Callable[[dict[str, Any]], Said]] = MappingProxyType(
    {
        "thoughts": _thoughts,
        "user_editable_context": _instructions,
        "tether_browsing_display": _browsed,
        "computer_output": _screen,
    }
)


def _pointed_at(part: Mapping[str, Any]) -> list[Attachment]:
    """Return the files that a part points at; of a video, its parts' files."""
    found = [part, *(part.get(key) for key in ("audio_asset_pointer", "video_container"))]
    return [
        Attachment(
            url=one["asset_pointer"], media_type=_media_type(one), n_bytes=_size(one, "size_bytes")
        )
        for one in found
        if isinstance(one, Mapping) and _is_text(one.get("asset_pointer"))
    ]


def _media_type(part: Mapping[str, Any]) -> str:
    kind, form = str(part.get("content_type")), part.get("format")
    if kind.startswith("audio") and _is_text(form):
        return f"audio/{form}"
    return ""


def attachments(found: Any, pointed_at: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """Return the files of a message, those that its parts point at among them, each once.

    Args:
        found: The list in its metadata.
        pointed_at: By its parts.
    """
    if not isinstance(found, list):
        return pointed_at
    listed = [_attachment(one) for one in found if isinstance(one, dict)]
    known = {one.url.rsplit("/", 1)[-1] for one in listed}
    return (*listed, *(one for one in pointed_at if one.url.rsplit("/", 1)[-1] not in known))


def _attachment(one: dict[str, Any]) -> Attachment:
    id = str(one.get("id") or "")
    return Attachment(
        name=str(one.get("name") or ""),
        media_type=str(one.get("mime_type") or ""),
        url=id if ":" in id else f"{FILE}{id}",
        n_bytes=_size(one, "size"),
    )


def citations(
    cited: list[msgspec.Raw] | None, references: list[msgspec.Raw] | None, text: str
) -> tuple[Citation, ...]:
    """Return the sources that the metadata of a message names.

    Args:
        cited: The older list.
        references: The newer one.
        text: Of the message.
    """
    if not cited and not references:
        return ()
    found: list[Citation] = []
    for one in _objects(cited):
        source = one.get("metadata")
        if isinstance(source, dict) and _is_text(source.get("url")):
            found.append(_citation(source, text, one.get("start_ix"), one.get("end_ix")))
    for one in () if found else _objects(references):
        items = one.get("items")
        found.extend(
            _citation(source, text, one.get("start_idx"), one.get("end_idx"))
            for source in [one, *(items if isinstance(items, list) else ())]
            if isinstance(source, dict) and _is_text(source.get("url"))
        )
    return tuple(found)


def _objects(several: list[msgspec.Raw] | None) -> Iterator[dict[str, Any]]:
    for data in several or ():
        try:
            found = decoded_json(bytes(data), Any)
        except MalformedDocument:
            continue
        if isinstance(found, dict):
            yield found


def _quoted(content: dict[str, Any]) -> tuple[Citation, ...]:
    return (_citation(content, "", None, None),) if _is_text(content.get("url")) else ()


def _citation(source: Mapping[str, Any], text: str, begin: Any, end: Any) -> Citation:
    title = source.get("title")
    where = isinstance(begin, int) and isinstance(end, int) and 0 <= begin < end <= len(text)
    return Citation(
        url=source["url"],
        title=title if isinstance(title, str) else "",
        begin=begin if where else None,
        end=end if where else None,
    )


def _size(one: Mapping[str, Any], key: str) -> int:
    size = one.get(key)
    return size if isinstance(size, int) and size >= 0 else 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
