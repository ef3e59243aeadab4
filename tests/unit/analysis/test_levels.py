"""The level that is asked for reaches every interval: more confidence, a wider one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest

from grok_tree.analysis import Estimate, compare, drift, outcomes, siblings, wilson
from grok_tree.forest import TokenLogprob
from grok_tree.testing import forest_of
from tests.unit.analysis.answers._samples import answered
from tests.unit.analysis.labels._forests import first_letter

NESTED = forest_of("q>a>x1a,a>x2b,a>y3a,q>b>y4b,b>y5a,b>x6b,q>c>x7a,c>x8b,c>y9a,q>d>y0b,d>x1b")
AGAIN = forest_of("q>a>x1a,a>y2b,a>y3a,q>b>y4b,b>y5a,b>y6b,q>c>x7a,c>y8b,c>y9a,q>d>y0b,d>x1b")


def of_siblings(level: float) -> Iterator[Estimate]:
    texts = ["a b", "a b", "b a c", "c", "A b.", "d e f", "a d", "b", "a b c d e", "f"]
    tokens = [
        [TokenLogprob("xz"[at % 2], -0.1 * at), TokenLogprob("y", -at)] for at in range(1, 11)
    ]
    forest = answered(texts, tokens)
    vectors = [[at, at * at % 7 + 1] for at in range(10)]
    first = forest.responses.ids[1]
    group = siblings(first, forest=forest, embeddings=vectors, threshold=0.05, level=level)
    yield from group.distinct
    yield from (group.self_bleu, group.compression_ratio, group.duplicates, group.edit_distance)
    yield from (group.characters.mean, group.words.mean, group.embedding_distance)
    yield from (group.n_clusters, group.majority.agreement, group.pair_agreement)
    yield from (cluster.share for cluster in group.clusters.clusters)
    yield group.semantic_entropy()
    weighted, summary, parting = group.weighted_entropy(), group.logprobs, group.first_difference
    assert weighted is not None
    assert summary is not None
    assert parting is not None
    assert len(parting.taken) == 2
    yield from (weighted, summary.total, summary.per_token, summary.perplexity)
    yield from (one.share for one in parting.taken)
    yield from group.finish_reasons.values()


def of_kinds(level: float) -> Iterator[Estimate]:
    found = outcomes(NESTED, first_letter, level=level)
    yield from found.whole.shares.values()
    yield from (turn.chance for turn in found.deciding_turns("x1a").turns[:-1])
    for one in compare(found, by=lambda r: r.message[-1]).comparisons:
        yield from (one.before, one.after, one.difference, *one.effect_sizes.values())


def of_quantities(level: float) -> Iterator[Estimate]:
    found = outcomes(NESTED, lambda r: float(r.message[1]), level=level)
    assert found.whole.mean is not None
    yield found.whole.mean
    for one in compare(found, by=lambda r: r.message[-1]).comparisons:
        yield from (one.before, one.after, one.difference, *one.effect_sizes.values())


def of_drift(level: float) -> Iterator[Estimate]:
    for label in (first_letter, lambda r: float(ord(r.message[-1]) % 5)):
        found = drift(NESTED, AGAIN, label, level=level)
        yield from (found.same_text, found.same_seed)
        for place in found.places:
            for one in place.outcomes:
                yield from (one.before, one.after, one.difference)
        for one in found.overall:
            yield from (one.before, one.after, one.difference)


@pytest.mark.parametrize("figures", [of_siblings, of_kinds, of_quantities, of_drift])
def test_more_confidence_makes_every_interval_wider(
    figures: Callable[[float], Iterator[Estimate]],
) -> None:
    levels = (0.5, 0.8, 0.99)
    rows = list(zip(*(figures(level) for level in levels), strict=True))

    assert rows
    for several in rows:
        assert tuple(one.level for one in several) == levels
        assert len({repr(one.value) for one in several}) == 1
        lows, highs = [one.low for one in several], [one.high for one in several]
        assert lows == sorted(lows, reverse=True)
        assert highs == sorted(highs)
        nothing_to_tell = several[0].method in ("too few", "no spread")
        widths = [high - low for low, high in zip(lows, highs, strict=True)]
        assert widths[0] < widths[-1] or nothing_to_tell or math.isnan(several[0].value)


def test_the_level_of_a_share_is_that_of_its_normal_quantile() -> None:
    # 1.645 for 90 %, 2.576 for 99 %.
    for level, z in ((0.9, 1.6449), (0.99, 2.5758)):
        found = wilson(5, 10, level=level)
        half = z * math.sqrt(1 / 40 + z**2 / 400) / (1 + z**2 / 10)
        assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-4)
