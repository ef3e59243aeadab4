"""One line of a SillyTavern chat: a message with the variants that were swiped through."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from grok_tree.forest import Marks, Sender, Timing
from grok_tree.formats._json import raw_json
from grok_tree.formats._loose import list_of, name_of, object_of, text_of, without
from grok_tree.formats._source import SourceNode, node
from grok_tree.formats._times import from_iso, from_milliseconds

SWIPE_UNKNOWN = "swipe_unknown: it names variant {named!r}, of which there is none"

_MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
_WORDS = re.compile(
    r"([a-z]+) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d)(?::(\d\d))? ?([ap])\.?m\.?", re.IGNORECASE
)
_STAMP = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2}) ?@ ?(\d{1,2})h ?(\d{1,2})m ?(\d{1,2})s(?: ?(\d{1,3})ms)?"
)


class Message(NamedTuple):
    """A line of a chat.

    Attributes:
        variants: Siblings, in the order of the swipes.
        active: The place of the one that the next line hangs under.
    """

    variants: list[SourceNode]
    active: int


class _Texts(NamedTuple):
    texts: list[str]
    active: int
    growing: bool = False
    replaced: str = ""


def message_of(value: dict[str, Any], facts: dict[str, str], mended: list[str]) -> Message:
    """Return what a line says.

    Args:
        value: The line.
        facts: What to say of each variant beside that.
        mended: What was repaired in it before; takes a sentence for each repair.

    Raises:
        MalformedDocument: What has no field is nested too deeply.
    """
    found = _texts(value, mended)
    infos = [object_of(one) for one in list_of(value.get("swipe_info"))]
    variants = []
    for place, text in enumerate(found.texts):
        said = infos[place] if place < len(infos) else {}
        if place == found.active:
            said = _own(value, said, infos[len(found.texts) :], found.replaced)
        variants.append(_variant(value, said, text, facts))
    variants[found.active].repairs += tuple(mended)
    if found.growing:
        _grow(variants[found.active])
    return Message(variants, found.active)


def time_of(value: object) -> datetime | None:
    """Return a time in any form that the program has ever written; it names no zone."""
    if isinstance(value, str):
        text = value.strip()
        if found := _STAMP.fullmatch(text):
            *whole, ms = found.groups()
            return _time([int(one) for one in whole], int(ms or 0))
        if found := _WORDS.fullmatch(text):
            return _time_of_words(found)
        return from_milliseconds(text) or from_iso(text)
    return from_milliseconds(value)


def _time_of_words(found: re.Match[str]) -> datetime | None:
    name, day, year, hour, minute, second, half = found.groups()
    if name.lower() not in _MONTHS:
        return None
    hours = int(hour) % 12 + (12 if half in "pP" else 0)
    month = _MONTHS.index(name.lower()) + 1
    return _time([int(year), month, int(day), hours, int(minute), int(second or 0)], 0)


def _time(parts: list[int], ms: int) -> datetime | None:
    year, month, day, hour, minute, second = parts
    try:
        time = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return time + timedelta(milliseconds=ms)


def _texts(value: dict[str, Any], mended: list[str]) -> _Texts:
    """Return the texts of all variants; what is shown counts for the active one."""
    swipes, shown = list_of(value.get("swipes")), value.get("mes")
    chosen: Any = value.get("swipe_id")
    if not swipes:
        return _Texts([text_of(shown, mended)], 0)
    texts = [text_of(one, mended) for one in swipes]
    known = type(chosen) is int and 0 <= chosen < len(texts)
    if known:
        replaced = texts[chosen]
        texts[chosen] = replaced if shown is None else text_of(shown, mended)
        return _Texts(texts, chosen, replaced="" if replaced == texts[chosen] else replaced)
    growing = type(chosen) is int and chosen == len(texts)
    if chosen is not None and not growing:
        mended.append(SWIPE_UNKNOWN.format(named=chosen))
    if shown is None:
        return _Texts(texts, len(texts) - 1)
    text = text_of(shown, mended)
    if text in texts:
        return _Texts(texts, texts.index(text))
    return _Texts([*texts, text], len(texts), growing=growing)


def _own(
    value: dict[str, Any], info: dict[str, Any], more: list[dict[str, Any]], replaced: str
) -> dict[str, Any]:
    """Return what is said of the active variant: by the message itself, else by its info."""
    own = without(value, "name", "is_user", "is_system", "mes", "swipes", "swipe_id", "swipe_info")
    extra = {**object_of(info.get("extra")), **object_of(own.get("extra"))}
    said = {**info, **own, **({"extra": extra} if extra else {})}
    if other := _contradicted(info, own):
        said["info"] = other
    if more:
        said["swipe_info"] = more
    if replaced:
        said["replaced_text"] = replaced
    return said


def _contradicted(info: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return what a variant's info says otherwise than the message itself."""
    other = {
        name: one for name, one in info.items() if name != "extra" and _differs(one, own, name)
    }
    said = object_of(own.get("extra"))
    extra = {
        name: one for name, one in object_of(info.get("extra")).items() if _differs(one, said, name)
    }
    return {**other, **({"extra": extra} if extra else {})}


def _differs(one: Any, said: dict[str, Any], name: str) -> bool:
    return name in said and one not in (None, "", said[name])


def _variant(
    value: dict[str, Any], said: dict[str, Any], text: str, facts: dict[str, str]
) -> SourceNode:
    sender: Sender = "human" if value.get("is_user") is True else "assistant"
    rest, extra = dict(said), dict(object_of(said.get("extra")))
    time = time_of(rest.get("send_date"))
    if time is not None:
        del rest["send_date"]
    begun, ended = time_of(rest.get("gen_started")), time_of(rest.get("gen_finished"))
    timing = Timing()
    if begun is not None and ended is not None and ended >= begun:
        timing = Timing(duration_s=(ended - begun).total_seconds())
        del rest["gen_finished"]
    reasoning = extra.get("reasoning")
    if isinstance(reasoning, str):
        del extra["reasoning"]
    model = extra.get("model") if sender == "assistant" else None
    if isinstance(model, str):
        del extra["model"]
    if isinstance(rest.get("extra"), dict):
        rest["extra"] = extra
    speaker = name_of(value.get("name"))
    return node(
        sender,
        text,
        reasoning=name_of(reasoning),
        model_name=name_of(model),
        create_time=time,
        timing=timing,
        marks=Marks(starred=bool(extra.get("bookmark_link"))),
        flags=("hidden",) if value.get("is_system") is True else (),
        facts={"name": speaker, **facts} if speaker else dict(facts),
        raw=raw_json({name: one for name, one in rest.items() if one not in (None, {}, "")}),
    )


def _grow(one: SourceNode) -> None:
    """Mark a variant as one that was being sampled when the file was written."""
    one.said = msgspec.structs.replace(one.said, partial=True, finish_reason="failed")
