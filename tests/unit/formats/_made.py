"""Files made by tests, and what is read from them."""

from __future__ import annotations

import io
import json
from typing import Any

from grok_tree.forest import Response
from grok_tree.formats import Document, read_all


def read_json(value: Any, format: str | None = None) -> list[Document]:
    """Return what is read from a file that holds this as JSON; nothing may be skipped."""
    return read_bytes(json.dumps(value).encode(), format)


def read_lines(values: list[Any], format: str | None = None) -> list[Document]:
    """Return what is read from a file with each value as JSON on a line of its own."""
    return read_bytes("\n".join(map(json.dumps, values)).encode(), format)


def read_bytes(content: bytes, format: str | None = None) -> list[Document]:
    """Return the conversations of a file; nothing may be skipped."""
    found = list(read_all(io.BytesIO(content), format))
    assert all(isinstance(one, Document) for one in found), found
    return [one for one in found if isinstance(one, Document)]


def by_key(document: Document) -> dict[str | None, Response]:
    """Return responses by their ids in the file."""
    return {one.origin.original_id: one for one in document.responses}


def raw_of(response: Response) -> Any:
    """Return what an import kept of a response."""
    return json.loads(response.origin.raw) if response.origin.raw else {}
