"""Shapes that the tests of graphs draw."""

from __future__ import annotations

from hypothesis import strategies as st

LARGE = 100_000


@st.composite
def parents(draw: st.DrawFn, most: int = 24, least: int = 0) -> list[int]:
    """Parents of a forest of any shape."""
    size = draw(st.integers(least, most))
    return [draw(st.integers(-1, place - 1)) for place in range(size)]


def chain(size: int = LARGE) -> list[int]:
    return list(range(-1, size - 1))


def star(size: int = LARGE) -> list[int]:
    return [-1, *([0] * (size - 1))]


LARGE_SHAPES = {"chain": chain, "star": star}
