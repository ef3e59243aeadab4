"""Forests for tests of outcomes."""

from __future__ import annotations

from hypothesis import strategies as st

from grok_tree.forest import Forest, Response
from grok_tree.testing import forest_from_parents


@st.composite
def ended(draw: st.DrawFn, most: int = 30) -> tuple[Forest, list[str | None]]:
    """A forest of any shape, and an end by position: a, b, c, or None."""
    size = draw(st.integers(1, most))
    parents = [draw(st.integers(-1, place - 1)) for place in range(size)]
    ends = draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=size, max_size=size))
    return forest_from_parents(parents), ends


def first_letter(response: Response) -> str:
    return response.message[0]
