"""Tests that were made many times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from grok_tree.analysis._numbers import Floats
from grok_tree.errors import InvalidOperationError

Correction = Literal["holm", "benjamini-hochberg", "bonferroni", "none"]
"""How p-values of several tests are adjusted."""


def adjusted(p_values: Sequence[float], correction: Correction = "holm") -> list[float]:
    """Return p-values that allow for how many tests were made, in the order given.

    With m tests and p(1) <= ... <= p(m):

    - ``"holm"`` (Holm 1979): max over j <= i of min(1, (m - j + 1) p(j)). The chance that any
      true null hypothesis is rejected is kept, whatever hangs together with what.
    - ``"benjamini-hochberg"`` (1995): min over j >= i of min(1, m p(j) / j). The expected part of
      false ones among what is rejected is kept, for independent or positively dependent tests.
    - ``"bonferroni"``: min(1, m p). ``"none"``: p.

    Args:
        p_values: Each 0 to 1.
        correction: Which of these.

    Raises:
        InvalidOperationError: There is no such method, or a value is not 0 to 1.
    """
    if correction not in get_args(Correction):
        known = ", ".join(get_args(Correction))
        raise InvalidOperationError(f"there is no correction {correction!r}; there are {known}")
    given: Floats = np.asarray(p_values, dtype=np.float64)
    unusable = given[~((given >= 0) & (given <= 1))]
    if len(unusable):
        raise InvalidOperationError(f"a p-value of {unusable[0]}: it must be 0 to 1")
    if correction == "none" or len(given) == 0:
        return [float(one) for one in given]
    if correction == "bonferroni":
        return [float(one) for one in np.minimum(1, given * len(given))]
    order = np.argsort(given, kind="stable")
    steps = np.arange(1, len(given) + 1)
    found = np.empty(len(given))
    if correction == "holm":
        raised = given[order] * (len(given) + 1 - steps)
        found[order] = np.minimum(1, np.maximum.accumulate(raised))
    else:
        raised = given[order] * (len(given) / steps)
        found[order] = np.minimum(1, np.minimum.accumulate(raised[::-1])[::-1])
    return [float(one) for one in found]
