"""H1: whatever is in a file, it is read or refused by name, and what is read is sound."""

from __future__ import annotations

import random

import pytest

from tests.unit.formats._hostile_reading import read_broken, read_one, samples

N_FILES = 2_000
SEED = 1


@pytest.mark.parametrize("format", samples())
def test_a_broken_file_is_mended_or_refused_by_name(format: str) -> None:
    n_files = N_FILES // len(samples())
    seen = read_broken(format, random.Random(f"{SEED} {format}"), n_files)
    assert seen["read"]


FOUND: dict[str, tuple[str, bytes]] = {
    "an encoding that nobody knows": ("graphml", b"<?xml version='1.0' encoding='x'?><graphml/>"),
    "an encoding of several bytes": ("graphml", b"<?xml version='1.0' encoding='gbk'?><graphml/>"),
    "a kind that is a list": (
        "messages",
        b'{"messages":[{"role":"user","content":[{"type":[]}]}]}',
    ),
    "a role that is nested deeply": (
        "messages",
        b'{"messages":[{"role":%b,"content":"x"}]}' % (b"[" * 3_000 + b"]" * 3_000),
    ),
    "a part that is a number": ("messages", b'{"messages":[{"role":"user","content":[1]}]}'),
    "a whole number beyond any float": (
        "chatgpt",
        b'[{"create_time":%b,"mapping":{"a":{"message":{"create_time":%b}}}}]'
        % ((b"9" * 400,) * 2),
    ),
}
"""What searches found that once upset a reader."""


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_before_is_mended_or_refused(name: str) -> None:
    format, data = FOUND[name]
    assert read_one(data, format).total() == 1


def test_every_format_with_a_sample_is_tried() -> None:
    assert {"chatgpt", "native"} <= set(samples())
