"""Every question to a forest has the answer that two plain dictionaries give."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.forest import Forest
from grok_tree.testing import forest_from_names


@dataclass(frozen=True)
class Naive:
    """Name to parent's name; every answer by looking everywhere."""

    parents: dict[str, str | None]

    def path(self, name: str | None) -> list[str]:
        names: list[str] = []
        while name is not None:
            names.insert(0, name)
            name = self.parents[name]
        return names

    def children(self, name: str | None) -> list[str]:
        return [child for child, parent in self.parents.items() if parent == name]

    def descendants(self, name: str) -> list[str]:
        return [other for other in self.parents if name in self.path(other)[:-1]]

    def common(self, first: str, second: str) -> list[str]:
        other = self.path(second)
        return [name for name in self.path(first) if name in other]


@st.composite
def parent_maps(draw: st.DrawFn) -> dict[str, str | None]:
    """Draw forests from chains to stars: each response picks an earlier one, or is a root."""
    picks = draw(st.lists(st.integers(min_value=0, max_value=60), max_size=24))
    parents: dict[str, str | None] = {}
    for number, pick in enumerate(picks):
        back = pick % (number + 1)
        parents[f"r{number}"] = None if back == 0 else f"r{number - back}"
    return parents


@st.composite
def forests(draw: st.DrawFn, least: int = 0) -> tuple[Forest, Naive]:
    parents = draw(parent_maps().filter(lambda drawn: len(drawn) >= least))
    return forest_from_names(parents), Naive(parents)


@given(forests())
def test_roots_and_tips(pair: tuple[Forest, Naive]) -> None:
    forest, naive = pair

    assert forest.roots.ids == naive.children(None)
    assert forest.tips.ids == [name for name in naive.parents if not naive.children(name)]


@given(forests())
def test_each_response_alone(pair: tuple[Forest, Naive]) -> None:
    forest, naive = pair

    for name, parent in naive.parents.items():
        above = forest.parent(name)
        assert (above.response_id if above else None) == parent
        assert forest.path(name).ids == naive.path(name)
        assert forest.ancestors(name).ids == naive.path(name)[:-1]
        assert forest.depth(name) == len(naive.path(name)) - 1
        assert forest.children(name).ids == naive.children(name)
        assert forest.siblings(name).ids == [n for n in naive.children(parent) if n != name]
        assert forest.descendants(name).ids == naive.descendants(name)


@given(forests(), st.data())
def test_each_pair_of_responses(pair: tuple[Forest, Naive], data: st.DataObject) -> None:
    forest, naive = pair
    if not naive.parents:
        return
    names = st.sampled_from(list(naive.parents))
    first, second = data.draw(names), data.draw(names)
    common = naive.common(first, second)
    diff = forest.diff(first, second)
    shared = forest.divergence(first, second)

    assert (shared.response_id if shared else None) == (common[-1] if common else None)
    assert diff.divergence == shared
    assert [r.response_id for r in diff.common] == common
    assert [r.response_id for r in diff.first] == naive.path(first)[len(common) :]
    assert [r.response_id for r in diff.second] == naive.path(second)[len(common) :]


@pytest.mark.slow
@given(st.lists(parent_maps(), min_size=2, max_size=2))
def test_forests_of_different_shape_have_different_parents(
    drawn: list[dict[str, str | None]],
) -> None:
    first, second = (forest_from_names(parents) for parents in drawn)

    same = list(first.parent_numbers) == list(second.parent_numbers)
    assert same == (drawn[0] == drawn[1])
