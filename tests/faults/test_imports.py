"""H1: no file, however broken, upsets a reader."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults._figures import Shown
from tests.unit.formats._hostile_reading import read_broken, samples


@pytest.mark.parametrize("format", samples())
def test_no_broken_file_upsets_a_reader(format: str, shown: Shown) -> None:
    n_files = shown.numbers["broken_files"]
    shown.doing("H1", f"{n_files:,} broken files of the format {format}")
    seen: Counter[str] = read_broken(
        format, shown.random, n_files, patience=2 * shown.numbers.patience
    )
    shown.kept(
        f"{seen['read']:,} conversations sound, {seen['skipped']:,} skipped and"
        f" {seen['refused']:,} files refused by name; 0 crashes, 1 s a MB"
    )
