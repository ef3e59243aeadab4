"""A chain and a star of 100,000 responses are ordinary: nothing recurses, nothing is quadratic.

Each question walks at most the whole forest once. Quadratic work would be ten thousand million
steps, so the test's timeout is the judge, not a clock.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from grok_tree.forest import Forest
from grok_tree.testing import forest_from_names

SIZE = 100_000


@pytest.fixture(scope="module")
def chain() -> Forest:
    names = [f"r{number}" for number in range(SIZE)]
    return forest_from_names(dict(zip(names, [None, *names], strict=False)))


@pytest.fixture(scope="module")
def star() -> Forest:
    return forest_from_names({"hub": None, **{f"r{number}": "hub" for number in range(SIZE - 1)}})


@pytest.fixture(autouse=True)
def shallow_stack() -> Iterator[None]:
    """Leave room for the test runner, and for nothing that recurses over a forest."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    yield
    sys.setrecursionlimit(before)


def test_the_path_of_a_long_chain_is_the_chain(chain: Forest) -> None:
    path = chain.path(f"r{SIZE - 1}")

    assert (len(path), path[0].message, path[-1].message) == (SIZE, "r0", f"r{SIZE - 1}")


def test_depth_and_ancestors_of_a_long_chain(chain: Forest) -> None:
    last = f"r{SIZE - 1}"

    assert chain.depth(last) == len(chain.ancestors(last)) == SIZE - 1


def test_descendants_of_the_top_of_a_long_chain(chain: Forest) -> None:
    assert len(chain.descendants("r0")) == SIZE - 1


def test_divergence_and_diff_of_a_long_chain(chain: Forest) -> None:
    middle, last = f"r{SIZE // 2}", f"r{SIZE - 1}"
    shared = chain.divergence(last, middle)

    assert shared is not None
    assert shared.message == middle
    assert len(chain.diff(last, middle).first) == SIZE - 1 - SIZE // 2


def test_a_long_chain_has_one_root_and_one_tip(chain: Forest) -> None:
    assert (chain.roots.ids, chain.tips.ids) == (["r0"], [f"r{SIZE - 1}"])


def test_the_hub_of_a_star_has_all_the_children(star: Forest) -> None:
    assert len(star.children("hub")) == len(star.tips) == len(star.descendants("hub")) == SIZE - 1


def test_siblings_in_a_star_are_all_the_others(star: Forest) -> None:
    siblings = star.siblings("r5")

    assert len(siblings) == SIZE - 2
    assert "r5" not in siblings.ids


def test_divergence_in_a_star_is_the_hub(star: Forest) -> None:
    shared = star.divergence("r0", f"r{SIZE - 2}")

    assert shared is not None
    assert shared.message == "hub"


def test_every_response_of_a_star_has_a_short_path(star: Forest) -> None:
    assert all(len(star.path(f"r{number}")) == 2 for number in range(SIZE - 1))
