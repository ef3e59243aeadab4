"""Reading broken files of a format, many times."""

from __future__ import annotations

import io
import math
import random
import time
from collections import Counter
from functools import cache

from grok_tree.errors import FormatNotFound, GrokTreeError
from grok_tree.formats import (
    Document,
    Format,
    Skipped,
    detect_format,
    known_formats,
    opened,
    read_all,
)
from tests.unit.formats._hostile import deep_forest
from tests.unit.formats._mutations import Mutations
from tests.unit.formats._samples import TREES
from tests.unit.formats._sound import check_sound

SECONDS_PER_MB = 1.0
"""What is promised; held by `make faults`, which has the machine for itself."""
SECONDS_FOR_ANY = 0.3


@cache
def samples() -> dict[str, list[bytes]]:
    """Return the sound files of each format that can be read: real ones, and what it writes."""
    found: dict[str, list[bytes]] = {one.name: [] for one in known_formats() if one.read}
    for path in sorted(TREES.rglob("*")):
        if path.is_file() and path.parent != TREES:
            with opened(path) as source:
                try:
                    found[detect_format(source).name].append(path.read_bytes())
                except FormatNotFound:
                    continue
    for one in known_formats():
        if one.name in found and one.write is not None:
            file = io.BytesIO()
            one.write([deep_forest(7), deep_forest(3)], file, **defaults(one))
            found[one.name].append(file.getvalue())
    return {name: files for name, files in found.items() if files}


def defaults(format: Format) -> dict[str, str | int]:
    """Return the options of a writer as they are when none is given."""
    return {one.name: one.choices[0] if one.choices else one.default for one in format.options}


def read_broken(
    format: str, randomness: random.Random, n_files: int, *, patience: float = math.inf
) -> Counter[str]:
    """Read broken files of a format and check all that is read; return what became of them."""
    mutations = Mutations(randomness, samples()[format])
    seen: Counter[str] = Counter()
    for number in range(n_files):
        data = mutations.next()
        named = None if number % 4 == 0 else format
        try:
            seen += read_one(data, named, patience=patience)
        except Exception as error:
            error.add_note(f"broken file {number} of {format}: {data[:2_000]!r}")
            raise
    return seen


def read_one(data: bytes, format: str | None, *, patience: float = math.inf) -> Counter[str]:
    """Read a file that may be broken and check all that is read.

    Args:
        data: The file.
        format: Its format; None lets it be found.
        patience: How many times as long as promised it may take.
    """
    seen: Counter[str] = Counter()
    begun = time.process_time()
    found: list[Document | Skipped] = []
    try:
        found.extend(read_all(io.BytesIO(data), format))
    except GrokTreeError:
        seen["refused"] += 1
    spent = time.process_time() - begun
    due = SECONDS_FOR_ANY + SECONDS_PER_MB * len(data) / 1e6
    assert spent < due * patience, f"{spent:.1f} s for {len(data):,} bytes"
    for one in found:
        if isinstance(one, Document):
            check_sound(one)
            seen["read"] += 1
        else:
            assert one.reason
            seen["skipped"] += 1
    return seen
