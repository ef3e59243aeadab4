"""How evenly forks share out what hangs below them."""

from __future__ import annotations

import math

import numpy as np

from grok_tree.analysis._arrays import Arrays


def balance(arrays: Arrays) -> float:
    """Return J1 of Lemant et al. (2022) with tips of size 1 and chains contracted.

    With T the number of tips below a response, k the number of children of a fork f and c one of
    them, it is the sum over forks of -T_c ln(T_c / T_f) / ln k, divided by the sum of T_f. The T_c
    of a fork add up to T_f, so the first is the sum of (T_f ln T_f - sum of T_c ln T_c) / ln k.
    Range 0 to 1; not a number without forks.
    """
    forks = arrays.forks
    if not len(forks):
        return math.nan
    n_tips = arrays.n_tips_below
    weights = np.zeros(len(arrays) + 1)
    weights[forks] = 1 / np.log(arrays.n_children[forks])
    # One tip below: T ln T is nothing, and most responses of a bush are such.
    inner = np.flatnonzero(n_tips > 1)
    tips = n_tips[inner].astype(np.float64)
    entropy = tips * np.log(tips)
    shares = entropy @ (weights[inner] - weights[arrays.parents[inner]])
    return float(np.clip(shares / n_tips[forks].sum(dtype=np.float64), 0, 1))
