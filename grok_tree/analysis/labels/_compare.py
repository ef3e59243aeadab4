"""Two conditions side by side: models, prompts, settings, days."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._student import t_half, t_quantile
from grok_tree.analysis._tests import as_much, check_permutations
from grok_tree.analysis.labels import _effects as effects
from grok_tree.analysis.labels._adjusted import Correction, adjusted
from grok_tree.analysis.labels._arms import Arms
from grok_tree.analysis.labels._below import (
    POWER_OF_MEANS,
    POWER_OF_SHARES,
    apart,
    effective,
    method_of_mean,
    spread_of_mean,
)
from grok_tree.analysis.labels._comparisons import Comparison, Comparisons
from grok_tree.analysis.labels._conditions import By, Units, kinds_of, paired, split, whole
from grok_tree.analysis.labels._outcomes import Outcomes
from grok_tree.errors import InvalidOperationError


def compare(
    first: Outcomes,
    second: Outcomes | None = None,
    *,
    by: By | None = None,
    names: tuple[str, str] = ("first", "second"),
    correction: Correction = "holm",
    n_permutations: int = 9999,
) -> Comparisons:
    """Compare how two conditions end: two forests, or one that is split by a function.

    Of kinds each is compared by its share, of two kinds the first alone, as the other mirrors it;
    of quantities the means are compared.

    A unit is the largest branch that has outcomes of one condition only: what hangs on it is not
    independent, so it is exchanged as a whole. Units of both conditions at one fork are a block,
    such as the answers of two models to one prompt. Where there are such forks, only they count,
    units are exchanged within them alone, and the share of a condition is the mean over blocks of
    its share there (weighted by outcomes with weights ``"tip"``, else equally), so that a condition
    gains nothing by having been tried where it is easy. Where there are none, all units are
    exchanged with all. Where each condition is a single unit, such as two prompts with their
    answers, or two forests, the branches at the first fork below each are the units: the test then
    speaks of these two, not of others like them. `Comparison.exchanged` says which it was.

    p is the part of all assignments whose difference is as large, either way; of more than 20,000,
    `n_permutations` random ones are taken, and p = (1 + as large) / (1 + taken). Intervals of
    shares are Wilson's with the effective number of outcomes, units being the clusters. With
    several blocks they speak of these very blocks, and count what differs within them; where a
    block has a single unit of a condition that is not known, and they are too wide where blocks
    differ much (98 to 100 % where 95 % are asked for).

    Args:
        first: Outcomes of a forest.
        second: Those of another, with the same sort of outcomes.
        by: Instead, from a response that has an outcome to its condition, such as
            ``lambda response: response.model_name``; of several conditions all pairs are compared.
        names: What to call two forests.
        correction: For the number of comparisons, see `adjusted`.
        n_permutations: 1 or more.

    Raises:
        InvalidOperationError: There are no two conditions with outcomes of one sort, or one has no
            weight at all; or an argument is out of its range.
    """
    check_permutations(n_permutations)
    conditions = _conditions(first, second, by, names)
    made: list[Comparison] = []
    for pair in combinations(conditions.items(), 2):
        made += _compared(pair, n_permutations)
    p_values = adjusted([one.p_value for one in made], correction)
    done = tuple(replace(one, p_adjusted=p) for one, p in zip(made, p_values, strict=True))
    return Comparisons(done, first.weighting.name, correction, first.seed)


def _conditions(
    first: Outcomes, second: Outcomes | None, by: By | None, names: tuple[str, str]
) -> dict[Hashable, Units]:
    if (second is None) == (by is None):
        raise InvalidOperationError(
            "compare takes the outcomes of two forests, or of one with by= to split it"
        )
    if by is not None:
        return dict(split(first, by))
    assert second is not None  # as by is None
    if names[0] == names[1]:
        raise InvalidOperationError(f"both conditions are called {names[0]!r}; give two names")
    for name, one in zip(names, (first, second), strict=True):
        if one.n == 0:
            raise InvalidOperationError(f"{name} has no outcomes to compare")
    if first.given.quantities != second.given.quantities:
        raise InvalidOperationError(
            "one forest has quantities as outcomes and the other has kinds; label both alike"
        )
    return {names[0]: whole(first), names[1]: whole(second)}


def _compared(pair: Sequence[tuple[Hashable, Units]], n_permutations: int) -> Sequence[Comparison]:
    (first, one), (second, other) = pair
    arms = paired(one, other)
    found = one.found
    tested = _test(arms, n_permutations, found.seed)
    columns = range(1) if found.given.quantities else range(arms.rows.shape[1])
    kinds = kinds_of([one.found, other.found])
    made = []
    for column in columns[:1] if len(kinds) == 2 else columns:
        figures = (
            _quantities(arms, pair) if found.given.quantities else _shares(arms, column, found)
        )
        made.append(
            Comparison(
                first=first,
                second=second,
                outcome=None if found.given.quantities else kinds[column],
                **figures,
                p_value=float(tested[0][column]),
                p_adjusted=float(tested[0][column]),
                exact=arms.exact,
                n_permutations=tested[1],
                exchanged=arms.exchanged,
                n_units=(int((~arms.second).sum()), int(arms.second.sum())),
                n_blocks=len(arms.starts),
                n_left_out=arms.n_left_out,
            )
        )
    return made


def _test(arms: Arms, n_permutations: int, seed: int) -> tuple[Floats, int]:
    """Return a p-value for each column, and how many assignments were looked at."""
    there = np.abs(np.subtract(*arms.means(arms.second[None])))[0]
    as_large, looked_at = np.zeros(len(there)), 0
    for assignments in arms.assignments(n_permutations, seed):
        apart_by = np.abs(np.subtract(*arms.means(assignments)))
        as_large += as_much(apart_by, there)
        looked_at += len(assignments)
    if arms.exact:
        return as_large / looked_at, looked_at
    return (1 + as_large) / (1 + looked_at), looked_at


def _worth(arms: Arms, found: Outcomes, *, second: bool) -> tuple[Floats, float]:
    """Return the mean row of a condition, and how many independent outcomes it stands on."""
    weights = arms.unit_weights(second=second)
    mine = weights > 0
    row: Floats = (weights[:, None] * arms.rows).sum(axis=0)
    quantities = found.given.quantities
    columns = slice(0, 1) if quantities else slice(None)
    away = (arms.rows[:, columns] - row[columns]) ** 2
    unlike = apart(row, quantities=quantities)
    worth = effective(
        1 / float((weights[mine] ** 2 / arms.n_effective[mine]).sum()),
        1 / float((weights[mine] ** 2).sum()),
        spread=float((weights**2 * away.sum(axis=1)).sum()),
        apart=unlike,
        level=found.level,
        power=POWER_OF_MEANS if quantities else POWER_OF_SHARES,
    )
    within = _within_blocks(arms.rows[:, columns], weights, arms.starts)
    if within is None or unlike < 1e-12:
        return row, worth
    variance, freedom = within
    t = t_quantile(found.level, freedom)
    if quantities:
        # Their interval has a t of its own, with one degree of freedom less than outcomes.
        alike = unlike / variance if variance > 0 else math.inf
        return row, 1 + alike * (t_quantile(found.level, alike) / t) ** 2
    # One unit's worth of all blocks together: units that all ended alike in each of a few blocks
    # do not show that others would.
    variance = (freedom * variance + unlike / worth) / (freedom + 1)
    return row, unlike / variance * (t_quantile(found.level, math.inf) / t) ** 2


def _within_blocks(
    rows: Floats, weights: Floats, starts: NDArray[np.intp]
) -> tuple[float, float] | None:
    """Return the variance of a mean over blocks (strata), and its degrees of freedom.

    Blocks are taken as they are, and only what differs within one counts (Neyman 1934): sum over
    blocks of k / (k - 1) sum w² (x - mean of the block)², k being the effective number of units
    there. None of one block, or where one has a single unit, which does not tell.
    """
    totals = np.add.reduceat(weights, starts)
    k = totals**2 / np.add.reduceat(weights**2, starts)
    if len(starts) < 2 or k.min() < 1.5:
        return None
    means = np.add.reduceat(rows * weights[:, None], starts, axis=0) / totals[:, None]
    away = rows - np.repeat(means, np.diff(np.append(starts, len(rows))), axis=0)
    spread = np.add.reduceat((weights[:, None] ** 2 * away**2).sum(axis=1), starts)
    return float((k / (k - 1) * spread).sum()), float((k - 1).sum())


def _shares(arms: Arms, column: int, found: Outcomes) -> dict[str, Any]:
    sides, numbers = [], []
    for second in (False, True):
        row, worth = _worth(arms, found, second=second)
        n = int(arms.n[arms.second == second].sum())
        sides.append(effects.clustered_share(row[column], worth, level=found.level, n=n))
        numbers.append(worth)
    before, after = sides
    counts = [(one.value * n, (1 - one.value) * n) for one, n in zip(sides, numbers, strict=True)]
    return {
        "before": before,
        "after": after,
        "difference": effects.newcombe(before, after),
        "effect_sizes": {
            "odds_ratio": effects.odds_ratio(*counts, level=found.level),
            "cohens_h": effects.cohens_h(before, after),
        },
        "cliffs_delta": None,
    }


def _quantities(arms: Arms, pair: Sequence[tuple[Hashable, Units]]) -> dict[str, Any]:
    found = pair[0][1].found
    level = found.level
    sides, spreads = [], []
    for second in (False, True):
        row, worth = _worth(arms, found, second=second)
        variance, freedom = spread_of_mean(row, worth)
        half = arms.scale * t_half(variance, freedom, level)
        value = arms.centre + arms.scale * float(row[0])
        n = int(arms.n[arms.second == second].sum())
        method = method_of_mean(half, plain=False)
        sides.append(Estimate(value, value - half, value + half, level, method, n))
        spreads.append(np.array([variance * arms.scale**2, freedom]))
    before, after = sides
    single = [units.quantities() for _, units in pair]
    both = spreads[0], spreads[1]
    difference = effects.welch(before, after, spreads=both)
    return {
        "before": before,
        "after": after,
        "difference": difference,
        "effect_sizes": {"hedges_g": effects.hedges_g(difference, *single, spreads=both)},
        "cliffs_delta": effects.cliffs_delta(*single),
    }
