"""Of which sort outcomes are: kinds, which have shares, or quantities, which have means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grok_tree.analysis.labels._asking import LARGEST
from grok_tree.errors import InvalidOperationError

_MOST_KINDS = 256


def are_quantities(outcomes: Sequence[Any]) -> bool:
    """Return whether outcomes are quantities: whether there is a float among them.

    Whole numbers beside floats are quantities, too.

    Raises:
        InvalidOperationError: They are not of one sort, too large, or too many kinds.
    """
    sorts = {type(one) for one in outcomes}
    if float in sorts:
        for one in outcomes:
            if isinstance(one, (bool, str)) or abs(one) > LARGEST:
                raise InvalidOperationError(
                    "some outcomes are floats, so none may be a text, a truth or above 1e100, and"
                    f" one is {one!r}; return float(...) for quantities, and texts for kinds"
                )
        return True
    if {bool, int} <= sorts:
        raise InvalidOperationError(
            "some outcomes are truths and some whole numbers, and True equals 1; make them all one"
            " of the two, or texts"
        )
    n_kinds = len(set(outcomes))
    if n_kinds > _MOST_KINDS:
        raise InvalidOperationError(
            f"the label gives {n_kinds:,} different outcomes, at most {_MOST_KINDS} can be"
            " told apart; map them to fewer, or make them floats if they are quantities"
        )
    return False
