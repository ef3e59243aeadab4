"""What a format kept of a response that came from it, for its writer; and long JSON arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Forest, Response
from grok_tree.formats._json import decoded_json
from grok_tree.formats._loose import object_of


def kept(response: Response, format_name: str) -> dict[str, Any]:
    """Return what the fields of a response do not hold, if it came from a format."""
    origin = response.origin
    if origin.format != format_name or not origin.raw:
        return {}
    try:
        return decoded_json(origin.raw.encode(), dict[str, Any])
    except MalformedDocument:
        return {}


def kept_about(forest: Forest, format_name: str) -> dict[str, Any]:
    """Return what is kept of the whole conversation, beside what is of its first response."""
    for response in forest.responses[:1]:
        return object_of(kept(response, format_name).get("conversation"))
    return {}


def keys_for(forest: Forest, format_name: str) -> list[str]:
    """Return a key for each response, all different: its id in the format it came from, or its own.

    Args:
        forest: The forest.
        format_name: The format that is written.
    """
    taken: set[str] = set(forest.responses.ids)
    keys = []
    for response in forest:
        origin = response.origin
        found = origin.original_id if origin.format == format_name else None
        key = found if found and found not in taken else response.response_id
        taken.add(key)
        keys.append(key)
    return keys


class JsonArray:
    """Writes a JSON array of which the elements come one after another."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encoder = msgspec.json.Encoder()
        self._before = b"[\n"

    def add(self, pieces: Iterable[bytes]) -> None:
        """Write an element that comes in pieces."""
        self._file.write(self._before)
        self._before = b",\n"
        for piece in pieces:
            self._file.write(piece)

    def close(self) -> None:
        """Write the end."""
        self._file.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")
