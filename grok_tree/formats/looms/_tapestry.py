"""Weaves of Tapestry, which are an image of a program's memory: known, but never read."""

from __future__ import annotations

from collections.abc import Iterator

from grok_tree.errors import MalformedDocument
from grok_tree.formats._format import Format, Found
from grok_tree.formats._opening import Opened

_MAGIC = b"VersionedTapestryWeave__"


def _detect(source: Opened) -> bool:
    return source.head.startswith(_MAGIC)


def _read(source: Opened) -> Iterator[Found]:
    raise MalformedDocument(
        f"{source.name} is a weave of Tapestry, an image of that program's memory, and cannot be"
        " read here; convert it first, for example to the JSON of another loom"
    )


FORMAT = Format(
    name="tapestry",
    title="Weave of Tapestry (must be converted first)",
    detect=_detect,
    read=_read,
)
