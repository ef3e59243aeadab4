"""How far two samples lie apart, and tests of whether they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._numbers import Floats
from grok_tree.errors import InvalidOperationError

N_PERMUTATIONS = 9999
"""Of a test; its smallest p is one in so many and one more."""

_MOST_DRAWN = 2_000_000
"""Numbers drawn for one test; where there are more outcomes, there are fewer draws."""

_TIED = 1 + 1e-7
"""Tables this much likelier are as likely; the sums of logarithms are not exact."""

Counts = NDArray[np.int64]


def total_variation(first: Mapping[Any, int], second: Mapping[Any, int]) -> float | None:
    """Return half the sum of the differences of the shares of all outcomes.

    0 where the shares are the same, 1 where no outcome is in both; None where a sample is empty.

    Args:
        first: How often each outcome was seen in one sample.
        second: In the other.
    """
    n_first, n_second = sum(first.values()), sum(second.values())
    if not n_first or not n_second:
        return None
    apart = (
        first.get(one, 0) / n_first - second.get(one, 0) / n_second for one in {*first, *second}
    )
    return math.fsum(map(abs, apart)) / 2


def fisher(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the two-sided p, 0 to 1, of the exact test of Fisher (1935) that shares are equal.

    The sum of the probabilities of all tables with these margins that are at most as likely as the
    one that was seen. 1 where either sample is empty.

    Args:
        first: Successes and number of observations of one sample.
        second: Of the other.

    Raises:
        InvalidOperationError: There are more successes than observations, or fewer than none.
    """
    for successes, n in (first, second):
        if not 0 <= successes <= n:
            raise InvalidOperationError(f"{successes} successes of {n}: they must be 0 to n")
    (ours, n_ours), (theirs, n_theirs) = first, second
    successes = ours + theirs
    least = max(0, successes - n_theirs)
    possible = np.arange(least, min(successes, n_ours) + 1)
    logs = _log_choose(n_ours, possible) + _log_choose(n_theirs, successes - possible)
    likely = np.exp(logs - _log_choose(n_ours + n_theirs, np.array(successes)))
    return min(1.0, math.fsum(likely[likely <= likely[ours - least] * _TIED]))


def _log_choose(n: int, k: Counts) -> Floats:
    logs = _log_factorials(1 << max(10, n.bit_length()))
    chosen: Floats = logs[n] - logs[k] - logs[n - k]
    return chosen


@lru_cache(maxsize=4)
def _log_factorials(size: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, size + 1)))])


def permuted(
    first: Counts, second: Counts, *, seed: int = 0, n_permutations: int = N_PERMUTATIONS
) -> float:
    """Return the p of the permutation test that two samples have one distribution of outcomes.

    Who is in which sample is drawn anew (Fisher 1935, Pitman 1937), which for counts is a draw
    from the multivariate hypergeometric distribution. The statistic is Pearson's chi-square;
    p = (1 + draws at least as far off) / (1 + draws). 1 where either sample is empty.

    Args:
        first: How often each outcome was seen in one sample.
        second: In the other, in the same order.
        seed: The same seed gives the same p.
        n_permutations: 1 or more; fewer are drawn where there are more than 200 outcomes.
    """
    totals = first + second
    n_ours, n_theirs = int(first.sum()), int(second.sum())
    if not n_ours or not n_theirs or n_permutations < 1:
        return 1.0
    seen = totals > 0
    first, totals = first[seen], totals[seen]
    n_drawn = max(1, min(n_permutations, _MOST_DRAWN // len(totals)))
    random = np.random.default_rng(seed)
    drawn = random.multivariate_hypergeometric(totals, n_ours, n_drawn, method="marginals")
    expected = totals * (n_ours / (n_ours + n_theirs))
    # The rest of the chi-square is the same for every draw.
    far = ((drawn - expected) ** 2 / totals).sum(axis=1)
    return permutation_p(far, ((first - expected) ** 2 / totals).sum())


def permutation_p(drawn: Floats, there: float) -> float:
    """Return (1 + draws with as much as there is) / (1 + draws) (Phipson and Smyth 2010)."""
    return float(1 + as_much(drawn, there)) / (1 + len(drawn))


def as_much(drawn: Floats, there: Floats | float) -> Counts:
    """Return how many draws have as much as there is; what sums in another order are equal."""
    found: Counts = (drawn >= there - 1e-9 * np.abs(there) - 1e-12).sum(axis=0)
    return found


def check_permutations(n_permutations: int) -> None:
    """Refuse a test without permutations.

    Raises:
        InvalidOperationError: There are fewer than 1.
    """
    if n_permutations < 1:
        raise InvalidOperationError(f"{n_permutations} permutations: there must be 1 or more")
