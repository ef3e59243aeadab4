"""How much of what the answers say is said before."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis.answers._intervals import Asked, Sampled, jackknife

N_PARTS = 10
"""Into how many parts a large group is cut, of which each is left out once."""


def compression_ratio(texts: Sequence[str]) -> float:
    """Return bytes / bytes after zlib at level 6, of the texts in UTF-8, a line break after each.

    Without texts it is not a number.
    """
    if not texts:
        return math.nan
    raw = "".join(f"{text}\n" for text in texts).encode("utf-8", "surrogatepass")
    return len(raw) / len(zlib.compress(raw, 6))


def compression_estimate(texts: Sequence[str], asked: Asked) -> Estimate:
    """Return the ratio with its interval; see `Siblings.compression_ratio`.

    Part k of a large group is every answer with a number of k modulo `N_PARTS`. As the jackknife
    errs to the large side here, the quantile is that of the answers, not of the parts.
    """
    n_parts = min(N_PARTS, len(texts))
    without = [
        compression_ratio([text for at, text in enumerate(texts) if at % n_parts != part])
        for part in range(n_parts)
    ]
    sampled = Sampled(compression_ratio(texts), np.array(without, dtype=float))
    found = jackknife(sampled, asked, within=(0.0, math.inf), degrees=len(texts) - 1)
    return Estimate(found.value, found.low, found.high, asked.level, found.method, len(texts))
