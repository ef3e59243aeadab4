"""Records of a training set, one after another, from an array or from lines, each with a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

from grok_tree.errors import MalformedDocument
from grok_tree.formats._elements import iter_elements
from grok_tree.formats._format import Found
from grok_tree.formats._json import decoded_json, json_lines, raw_json
from grok_tree.formats._lines import MAX_LINE_BYTES
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode

Record = dict[str, Any]


def record_keys(source: Opened) -> frozenset[str]:
    """Return the keys of the records in a file, whether they are in an array or on lines."""
    return frozenset(key.removeprefix("item.") for key in source.keys)


def iter_records(source: Opened) -> Iterator[bytes]:
    """Yield the records of a file as they stand there."""
    with source.open() as file:
        if _is_lines(source.head):
            for _, line in json_lines(file, longest=MAX_LINE_BYTES):
                yield line
        else:
            yield from iter_elements(file)


def found_in(source: Opened, read: Callable[[Any], SourceConversation]) -> Iterator[Found]:
    """Yield a conversation for each record.

    Args:
        source: The file.
        read: Makes a conversation of a record; of one that it cannot use, it raises
            `MalformedDocument`.
    """
    names: Counter[str] = Counter()
    for index, content in enumerate(iter_records(source)):
        mended: list[str] = []
        try:
            found = read(decoded_json(content, Any, mended))
        except MalformedDocument as error:
            yield Skipped(index, "", str(error))
            continue
        if not found.nodes:
            yield Skipped(index, found.key or "", "it has no messages")
            continue
        found.key_made = not found.key
        found.key = _name(found.key or blake2b(content, digest_size=16).hexdigest(), names)
        found.repairs = (*found.repairs, *mended)
        yield found


def record_of(value: Any) -> Record:
    """Return a record that is an object.

    Raises:
        MalformedDocument: It is something else.
    """
    if not isinstance(value, dict):
        raise MalformedDocument(f"it is no object but {type(value).__name__}")
    return value


def name_of(record: Record) -> str | None:
    """Return the id of a record."""
    found = record.get("id")
    return str(found) if isinstance(found, str | int) and found != "" else None


def with_rest(nodes: list[SourceNode], rest: Record) -> list[SourceNode]:
    """Return nodes of which the first keeps what the record says beside its messages."""
    if nodes and rest:
        first = nodes[0]
        raw = decoded_json(first.raw.encode(), Record) if first.raw else {}
        first.raw = raw_json({**raw, "record": rest})
    return nodes


def _name(key: str, names: Counter[str]) -> str:
    """Return a name that no earlier record has, so that equal records stay several."""
    names[key] += 1
    return key if names[key] == 1 else f"{key}#{names[key]}"


def _is_lines(head: bytes) -> bool:
    """Whether each line is a record, rather than all lines one value."""
    start = head.lstrip()
    if not start.startswith(b"{"):
        return not start
    line, end, _ = start.partition(b"\n")
    # A first line longer than what is looked at is a record: people break lines when they indent.
    return not end or line.rstrip().endswith(b"}")
