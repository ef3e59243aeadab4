"""H1: whatever is in a file, it is read or refused by name, and what is read is sound."""

from __future__ import annotations

import random

import pytest

from tests.unit.formats._hostile_reading import read_broken, samples

N_FILES = 2_000
SEED = 1


@pytest.mark.parametrize("format", samples())
def test_a_broken_file_is_mended_or_refused_by_name(format: str) -> None:
    n_files = N_FILES // len(samples())
    seen = read_broken(format, random.Random(f"{SEED} {format}"), n_files, patience=4)
    assert seen["read"]


def test_every_format_with_a_sample_is_tried() -> None:
    assert {"chatgpt", "native"} <= set(samples())
