"""The elements of one long JSON array, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.formats._json import BYTE_ORDER_MARK, decoded_json


def iter_elements(file: BinaryIO, key: str | None = None) -> Iterator[bytes]:
    """Yield the elements of a JSON array as they stand in the file.

    Args:
        file: JSON in UTF-8: the array, one object (which counts as an array of it), or an object
            of which one value is the array.
        key: Of that value; None for the array itself.

    Raises:
        MalformedDocument: It is neither.
    """
    data = file.read().removeprefix(BYTE_ORDER_MARK)
    if key is None and data.lstrip().startswith(b"{"):
        yield data
        return
    if key is not None:
        found = decoded_json(data, dict[str, msgspec.Raw])
        if key not in found:
            raise MalformedDocument(f"it is no object with {key!r}")
        data = bytes(found[key])
    elements: list[Any] = decoded_json(data, list[msgspec.Raw])
    for element in elements:
        yield bytes(element)
