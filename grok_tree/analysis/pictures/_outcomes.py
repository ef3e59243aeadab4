"""How forks end: a dot for each share or mean, with the interval that it may be trusted in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from grok_tree.analysis._given import OneResponse, id_of
from grok_tree.analysis.labels._distribution import Distribution
from grok_tree.analysis.labels._outcomes import Outcomes
from grok_tree.analysis.pictures import _style
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest

_ROW_INCHES = 0.42
_LABEL_LENGTH = 44


def plot_outcomes(
    outcomes: Outcomes,
    *,
    along: OneResponse | None = None,
    most: int = 25,
    ax: Axes | None = None,
) -> Axes:
    """Draw how the forks of a forest end: a row for each, a dot and its interval for each outcome.

    Args:
        outcomes: As `grok_tree.analysis.outcomes` gives them. At most five outcomes are drawn,
            those with the largest shares.
        along: A response: the rows are then those on the path to it, from the root on, to see which
            turn decided. None: the forks.
        most: Rows that are drawn; of more forks those with the most outcomes, of a longer path its
            end. The picture says how many there are.
        ax: Where to draw; None makes a figure.

    Returns:
        The axes, for whatever is to be added.

    Raises:
        InvalidOperationError: `most` is below 1.
        ResponseNotFound: `along` is not in the forest.
    """
    if most < 1:
        raise InvalidOperationError(f"{most} rows cannot be drawn; most is 1 or more")
    if along is None:
        n_asked = len(outcomes.fork_ids)
        rows = outcomes.forks(most=most) or [outcomes.whole]
    else:
        path = outcomes.forest.path(id_of(along)).ids
        n_asked = len(path)
        rows = [outcomes.at(one) for one in path[-most:]]
    drawn = _style.axes(ax, width=8, height=max(2.0, len(rows) * _ROW_INCHES + 1.2))
    kinds = _kinds(rows)
    for place, kind in enumerate(kinds):
        _draw(drawn, rows, (place, len(kinds)), kind)
    _finish(drawn, outcomes.forest, rows, of_shares=kinds != [None])
    drawn.set_xlabel(_figure(rows, kinds, n_asked))
    if not outcomes.whole.n:
        drawn.set_xticks([])
    if len(kinds) > 1 or kinds != [None]:
        _style.legend(drawn)
    return drawn


def _figure(rows: Sequence[Distribution], kinds: Sequence[Any], n_asked: int) -> str:
    cut = f" ({len(rows)} of {n_asked:,} are drawn)" if len(rows) < n_asked else ""
    if not any(row.n for row in rows):
        return f"no outcomes{cut}"
    return f"{'mean' if kinds == [None] else 'share of outcomes'}{cut}"


def _kinds(rows: Sequence[Distribution]) -> list[Any]:
    """Return the outcomes to draw, None for a mean."""
    sums: dict[Any, float] = {}
    for row in rows:
        for kind, share in row.shares.items():
            sums[kind] = sums.get(kind, 0) + (0 if math.isnan(share.value) else share.value)
    # Of a truth and its contrary one says all.
    if set(sums) == {True, False} and all(isinstance(kind, bool) for kind in sums):
        return [True]
    ranked = sorted(sums, key=lambda kind: -sums[kind])[: len(_style.PALETTE)]
    return [kind for kind in sums if kind in ranked] or [None]


def _draw(ax: Axes, rows: Sequence[Distribution], turn: tuple[int, int], kind: Any) -> None:
    place, n = turn
    figures = [row.mean if kind is None else row.shares.get(kind) for row in rows]
    known = [
        (at, one) for at, one in enumerate(figures) if one is not None and one.value == one.value
    ]
    at = np.array([row for row, _ in known], dtype=float) + (place - (n - 1) / 2) * 0.7 / n
    values = np.array([one.value for _, one in known])
    ends = np.array([[one.low, one.high] for _, one in known]).reshape(-1, 2)
    ends = np.where(np.isfinite(ends), ends, values[:, None])
    ax.errorbar(
        values,
        at,
        xerr=np.abs(ends.T - values),
        fmt=_style.MARKERS[place],
        color=_style.PALETTE[place],
        markersize=6,
        elinewidth=1.6,
        capsize=2.5,
        label=None if kind is None else _style.shortened(str(kind), 30),
    )


def _finish(ax: Axes, forest: Forest, rows: Sequence[Distribution], *, of_shares: bool) -> None:
    ax.set_yticks(range(len(rows)), [_said(forest, row) for row in rows])
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
        text.set_fontsize(8)
    ax.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=_style.ink(), alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    if of_shares:
        ax.set_xlim(-0.02, 1.02)


def _said(forest: Forest, row: Distribution) -> str:
    if row.response_id is None:
        return f"the whole forest  n = {row.n:,}"
    response = forest[row.response_id]
    return f"{_style.shortened(response.message, _LABEL_LENGTH)}  n = {row.n:,}"
