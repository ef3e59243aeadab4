"""Values out of files in which anything may stand anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.formats._format import Found
from grok_tree.formats._json import TOO_DEEP, decoded_json
from grok_tree.formats._loose import raw_with
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceNode, node
from grok_tree.formats._times import from_iso

UNREADABLE = "unreadable: it is no message; it is kept as it is"


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Return what says something: no null, no empty text, list or object, no false."""
    return {name: value for name, value in values.items() if value or type(value) in (int, float)}


def unread_times(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return those of some ISO 8601 times that cannot be read, to be kept as they are."""
    return {
        name: values[name]
        for name in names
        if values.get(name) is not None and from_iso(values[name]) is None
    }


def unreadable(value: bytes) -> SourceNode:
    """Return a node for what is no message, so that nothing is dropped.

    Args:
        value: JSON, or what should be.
    """
    # An object, because what belongs to the whole conversation may be kept beside it.
    try:
        raw = msgspec.json.encode({"unreadable": decoded_json(value, Any)})
    except (MalformedDocument, RecursionError):
        raw = msgspec.json.encode({"unreadable": value.decode("utf-8", "replace")})
    return node("system", "", repairs=(UNREADABLE,), raw=raw.decode())


def keep_about(nodes: list[SourceNode], about: dict[str, Any]) -> None:
    """Keep what belongs to a whole conversation beside what is kept of its first message."""
    for one in nodes:
        if not one.structural:
            one.raw = raw_with(one.raw, "conversation", without_empty(about))
            return


def read_safely(element: bytes, index: int, read: Callable[[bytes, int], Found]) -> Found:
    """Return what a reader makes of a conversation; one that it cannot read stops no other."""
    try:
        return read(element, index)
    except MalformedDocument as error:
        return Skipped(index, "", str(error))
    except RecursionError:
        return Skipped(index, "", TOO_DEEP)


def members(source: Opened, pattern: str) -> list[Opened]:
    """Return the files of an export by their names.

    Args:
        source: A folder, in which archives are looked into, an archive, or a file, which is the
            export itself.
        pattern: A regular expression for the whole name.
    """
    if not source.is_folder and not source.is_archive:
        return [source]
    found: list[Opened] = []
    for one in source.files:
        zipped = source.is_folder and one.name.lower().endswith(".zip") and one.is_archive
        found += one.files if zipped else [one]
    return [one for one in found if re.fullmatch(pattern, one.name)]
