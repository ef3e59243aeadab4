"""Sessions of agents: a file of JSON Lines each, or a folder of such files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from grok_tree.errors import MalformedDocument
from grok_tree.formats._json import decoded_json, json_lines
from grok_tree.formats._lines import MAX_LINE_BYTES
from grok_tree.formats._opening import Opened
from grok_tree.formats.research._blocks import Json

SKIPPED = "line_skipped: line {number} is no JSON object"


def files(source: Opened, detect: Callable[[Opened], bool], *, first: bool = False) -> list[Opened]:
    """Return the sessions in something that was opened.

    Args:
        source: A file, an archive or a folder.
        detect: Whether a file is a session.
        first: The first one will do.
    """
    held = source.is_folder or source.is_archive
    found: list[Opened] = []
    for one in source.matching(r".*\.jsonl(\.gz)?") if held else [source]:
        if detect(one):
            found.append(one)
            if first:
                break
    return found


def lines(source: Opened, repairs: list[str]) -> Iterator[Json]:
    """Yield the objects of a session; what cannot be read is told of and passed over."""
    with source.open() as file:
        for number, content in json_lines(file, longest=MAX_LINE_BYTES):
            mended: list[str] = []
            try:
                yield decoded_json(content, Json, mended)
            except MalformedDocument:
                repairs.append(SKIPPED.format(number=number))
            repairs += mended
