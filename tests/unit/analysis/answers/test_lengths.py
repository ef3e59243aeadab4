"""Lengths and compression: by hand, by plain statistics, and what must hold."""

from __future__ import annotations

import math
import statistics
import zlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis import siblings

TEXTS = st.lists(st.text("ab ", max_size=9), min_size=2, max_size=20)


def test_lengths_that_are_uneven_by_hand() -> None:
    # Deviations -3, -2, 5 from 4: sqrt(38 / 2).
    found = siblings(["a", "ab", "abcdefghi"]).characters
    assert (found.shortest, found.median, found.mean.value, found.longest) == (1, 2, 4, 9)
    assert found.sd == pytest.approx(math.sqrt(19))


def test_the_length_of_one_answer_has_no_deviation_and_of_none_nothing() -> None:
    alone, none = siblings(["a b"]).words, siblings([]).words
    assert (alone.mean.value, alone.shortest, alone.median, alone.longest) == (2, 2, 2, 2)
    assert math.isnan(alone.sd)
    assert all(math.isnan(one) for one in (none.mean.value, none.sd, none.shortest, none.longest))


@given(TEXTS, st.randoms())
def test_lengths_are_those_of_plain_statistics_in_any_order(
    texts: list[str], random: Random
) -> None:
    lengths = [len(text) for text in texts]
    other = list(texts)
    random.shuffle(other)
    found, mixed = siblings(texts).characters, siblings(other).characters
    assert (found.shortest, found.longest) == (min(lengths), max(lengths))
    assert found.median == statistics.median(lengths)
    assert found.mean.value == pytest.approx(statistics.fmean(lengths))
    assert found.sd == pytest.approx(statistics.stdev(lengths))
    assert (mixed.mean.low, mixed.mean.high, mixed.sd) == pytest.approx(
        (found.mean.low, found.mean.high, found.sd)
    )


def test_the_level_of_compression_is_6() -> None:
    random = Random(0)
    texts = [" ".join(f"w{random.randrange(40)}" for _ in range(20)) for _ in range(30)]
    raw = "".join(f"{text}\n" for text in texts).encode()
    at_levels = {level: len(raw) / len(zlib.compress(raw, level)) for level in (1, 6)}
    assert siblings(texts).compression_ratio.value == at_levels[6] != at_levels[1]


@given(TEXTS)
def test_what_is_said_twice_is_compressed_more(texts: list[str]) -> None:
    once, twice = siblings(texts * 5).compression_ratio, siblings(texts * 10).compression_ratio
    assert twice.value > once.value > 0
