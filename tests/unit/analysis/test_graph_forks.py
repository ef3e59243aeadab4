"""Critical forks and central forks agree with networkx, and with what can be counted by hand."""

from __future__ import annotations

import math

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.errors import ResponseNotFound
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis._graphs import LARGE, LARGE_SHAPES, parents


def test_the_targets_of_a_small_forest_are_counted_at_its_forks() -> None:
    # a ┬ b ┬ c ─ d    Targets d and e: both are below b (2 of 2), and below a by way of b;
    #   │   ├ e        none is below g.
    #   │   └ f
    #   └ g ┬ h
    #       └ i
    forest = forest_of("a>b>c>d, b>e, b>f, a>g>h, g>i")
    found = analysis.critical_forks(forest, ["d", "e"])
    rows = [(f.response_id, f.n_targets, f.share, f.common, f.child_id) for f in found.forks]
    assert rows == [
        ("b", 2, 1.0, True, None),
        ("a", 2, 1.0, True, "b"),
        ("g", 0, 0.0, False, None),
    ]
    assert [fork.response_id for fork in found.common] == ["a", "b"]
    assert found.deepest is found.forks[0]
    assert (found.deepest.depth, found.deepest.n_children, found.deepest.n_tips) == (2, 3, 3)
    assert str(found) == "3 forks, 2 targets, 2 forks in common, the deepest: b"
    assert found.to_records()[1] == {
        "response_id": "a",
        "depth": 1,
        "n_children": 2,
        "n_tips": 5,
        "n_targets": 2,
        "share": 1.0,
        "common": True,
        "child_id": "b",
    }


def test_every_tip_is_a_target_where_none_is_named() -> None:
    found = analysis.critical_forks(forest_of("a>b, a>c>d, c>e"))
    assert [(fork.response_id, fork.share) for fork in found.forks] == [("a", 1.0), ("c", 2 / 3)]


def test_tips_can_be_asked() -> None:
    forest = forest_of("a>b>c, b>d, a>e")
    found = analysis.critical_forks(forest, lambda tip: tip.message in "cd")
    assert found.deepest is not None
    assert found.deepest.response_id == "b"


def test_targets_below_different_roots_have_no_fork_in_common() -> None:
    found = analysis.critical_forks(forest_of("a>b, a>c, d>e, d>f"), ["b", "e"])
    assert (found.common, found.deepest) == ((), None)
    assert [fork.share for fork in found.forks] == [0.5, 0.5]


def test_without_targets_shares_are_not_numbers() -> None:
    found = analysis.critical_forks(forest_of("a>b, a>c"), [])
    assert math.isnan(found.forks[0].share)
    assert not found.forks[0].common
    assert analysis.critical_forks(forest_of("")).to_records() == []


def test_an_unknown_target_is_named() -> None:
    with pytest.raises(ResponseNotFound, match="nobody"):
        analysis.critical_forks(forest_of("a"), ["nobody"])


@given(parents(least=1), st.data())
def test_common_forks_are_the_common_dominators_of_networkx(
    above: list[int], data: st.DataObject
) -> None:
    forest = forest_from_parents(above)
    targets = data.draw(st.sets(st.sampled_from(forest.responses.ids), min_size=1))
    graph = forest.graph(attributes=())
    graph.add_edges_from(("all", root) for root in forest.roots.ids)
    direct = nx.immediate_dominators(graph, "all")
    shared = set.intersection(*(dominators(direct, target) for target in targets))
    forks = [one for one in forest.responses.ids if graph.out_degree(one) > 1]

    found = analysis.critical_forks(forest, targets)

    assert [fork.response_id for fork in found.common] == [one for one in forks if one in shared]
    for fork in found.forks:
        below = nx.descendants(graph, fork.response_id) | {fork.response_id}
        assert fork.share == len(targets & below) / len(targets)


def dominators(direct: dict[str, str | None], target: str) -> set[str]:
    found = set()
    while target != "all":
        found.add(target)
        above = direct[target]
        assert above is not None
        target = above
    return found


@given(parents())
def test_a_target_named_twice_counts_once(above: list[int]) -> None:
    forest = forest_from_parents(above)
    tips = forest.tips.ids
    assert analysis.critical_forks(forest, tips * 2) == analysis.critical_forks(forest, list(tips))


def test_the_centrality_of_a_small_forest() -> None:
    # a ┬ b ┬ c    n = 5, so 4 · 3 = 12 ordered pairs of others.
    #   │   └ d    b: (5-1)² - (1² + 1²) - (5-3)² = 10; flow (2-1)(3-1) = 2; parts 1 of 3 pairs
    #   └ e        a: (5-1)² - (3² + 1²) - 0      =  6; flow 0;              parts 2 of 3 pairs
    found = analysis.fork_centrality(forest_of("a>b>c, b>d, a>e"))
    rows = [(str(f.response_id), f.betweenness, f.flow, f.parted) for f in found.forks]
    assert [name for name, *_ in rows] == ["b", "a"]
    assert rows[0][1:] == pytest.approx((10 / 12, 2 / 12, 1 / 3))
    assert rows[1][1:] == pytest.approx((6 / 12, 0, 2 / 3))
    assert found.to_records()[1] == {
        "response_id": "a",
        "depth": 1,
        "n_children": 2,
        "n_responses": 4,
        "n_tips": 3,
        "betweenness": pytest.approx(6 / 12),
        "flow": 0,
        "parted": pytest.approx(2 / 3),
    }
    assert str(found) == "2 forks, the most central: b, between 83.3% of all pairs"


def test_a_forest_without_forks_has_no_central_one() -> None:
    assert str(analysis.fork_centrality(forest_of("a>b"))) == "no forks"
    assert analysis.fork_centrality(forest_of("")).to_records() == []


@given(parents())
def test_centrality_agrees_with_networkx(above: list[int]) -> None:
    forest = forest_from_parents(above)
    graph = forest.graph(attributes=())
    flow = nx.betweenness_centrality(graph)
    between = nx.betweenness_centrality(graph.to_undirected())
    found = analysis.fork_centrality(forest).forks
    for fork in found:
        assert fork.flow == pytest.approx(flow[fork.response_id])
        assert fork.betweenness == pytest.approx(between[fork.response_id])
    assert list(found) == sorted(found, key=lambda fork: -fork.betweenness)


@given(parents())
def test_pairs_of_tips_part_at_forks_or_at_the_root_of_all(above: list[int]) -> None:
    forest = forest_from_parents(above)
    tips = forest.tips.ids
    pairs = [(a, b) for a in tips for b in tips if a != b]
    parted = {fork.response_id: fork.parted for fork in analysis.fork_centrality(forest).forks}
    for one, share in parted.items() if pairs else ():
        here = [pair for pair in pairs if at(forest.divergence(*pair)) == one]
        assert share == pytest.approx(len(here) / len(pairs))


def at(response: object) -> str | None:
    return getattr(response, "response_id", None)


@given(parents(), st.randoms())
def test_the_order_of_siblings_changes_no_centrality(above: list[int], random: object) -> None:
    forest = forest_from_parents(above)
    mirrored = forest_from_parents(relabelled(above, random))
    figures = [sorted(row(one)) for one in map(analysis.fork_centrality, (forest, mirrored))]
    assert figures[0] == pytest.approx(figures[1])


def relabelled(above: list[int], random: object) -> list[int]:
    """Return the same shape with siblings, and trees, in another order of creation."""
    names = {-1: -1}
    waiting = [n for n, parent in enumerate(above) if parent < 0]
    found: list[int] = []
    while waiting:
        one = waiting.pop(random.randrange(len(waiting)))  # type: ignore[attr-defined]
        names[one] = len(found)
        found.append(names[above[one]])
        waiting += [child for child, parent in enumerate(above) if parent == one]
    return found


def row(found: analysis.ForkCentrality) -> list[float]:
    return [fork.betweenness + 10 * fork.flow for fork in found.forks]


@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_forks_of_a_hundred_thousand(shape: str) -> None:
    forest = forest_from_parents(LARGE_SHAPES[shape](LARGE))
    critical, central = analysis.critical_forks(forest), analysis.fork_centrality(forest)
    n_forks = 0 if shape == "chain" else 1
    assert len(critical.forks) == len(central.forks) == n_forks
    assert [fork.parted for fork in central.forks] == [1.0] * n_forks
