"""Where each two of some paths part, as a field of squares."""

from __future__ import annotations

from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from grok_tree.analysis._arrays import arrays_of
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis.pictures import _style
from grok_tree.analysis.pictures._colouring import By, values_of
from grok_tree.analysis.pictures._contrast import readable_on
from grok_tree.analysis.pictures._layout import tree_order
from grok_tree.analysis.structure._divergence import DivergenceMatrix
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import counted

_MOST_NUMBERS = 16
_MOST_NAMES = 40
_MOST_DRAWN = 1_000
_LABEL_LENGTH = 36


def plot_divergence(
    matrix: DivergenceMatrix,
    *,
    by: Literal["depth", "distance"] = "depth",
    label: By | None = "message",
    ax: Axes | None = None,
) -> Axes:
    """Draw where each two of some responses part: the stronger a square, the more.

    Rows and columns follow the tree, so that paths that part late stand together; the diagonal,
    where a response meets itself, and pairs without a common root are left empty. Up to 16
    responses the numbers stand in their squares, which then hide the page, so that each can be
    read; of more than 1,000 every so-manieth is drawn.

    Args:
        matrix: As `grok_tree.analysis.divergence_matrix` gives it.
        by: ``"depth"``: how many responses the paths share. ``"distance"``: how many steps lie
            between the two.
        label: What stands beside up to 40 rows: the name of a field, a function of a response, or
            texts by id; None for nothing.
        ax: Where to draw; None makes a figure.

    Returns:
        The axes, for whatever is to be added.

    Raises:
        InvalidOperationError: `by` is neither of the two, or a response has no such field.
    """
    if by not in ("depth", "distance"):
        raise InvalidOperationError(f"divergences are drawn by 'depth' or 'distance', not {by!r}")
    order = _in_tree_order(matrix)
    values = np.array(matrix.depths if by == "depth" else matrix.distances, dtype=np.float64)
    values = values[np.ix_(order, order)]
    values[~np.isfinite(values) | (values == 0)] = np.nan
    np.fill_diagonal(values, np.nan)

    n = len(order)
    side = min(max(3.0, n * 0.3), 8)
    drawn = _style.axes(ax, width=side + 3.5, height=side + 0.6, square=True)
    if n:
        _draw(drawn, values, "shared responses" if by == "depth" else "steps between")
    _name_rows(drawn, matrix, order, label)
    drawn.set_xlabel(_said(matrix, values))
    return drawn


def _said(matrix: DivergenceMatrix, values: Floats) -> str:
    n, n_all = len(values), len(matrix.ids)
    if n < 2:
        return str(matrix) if n else "no responses"
    cut = f"{n:,} of " if n < n_all else ""
    alone = "; no two share a root" if np.isnan(values).all() else ""
    return f"{cut}{counted(n_all, 'response')} in the order of the tree{alone}"


def _in_tree_order(matrix: DivergenceMatrix) -> Numbers:
    numbers = [matrix.forest.number(one) for one in matrix.ids]
    places = tree_order(arrays_of(matrix.forest))[numbers]
    order = np.argsort(places, kind="stable").astype(np.int32)
    if len(order) > _MOST_DRAWN:
        order = order[np.linspace(0, len(order) - 1, _MOST_DRAWN).round().astype(np.int64)]
    return order


def _draw(ax: Axes, values: Floats, name: str) -> None:
    known = values[~np.isnan(values)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    has_numbers = len(values) <= _MOST_NUMBERS
    shown = ax.imshow(
        values,
        # A number needs to know the colour that it stands on.
        cmap=_style.veil_over(_style.page_of(ax)) if has_numbers else _style.veil(),
        vmin=min(low, high - 1),
        vmax=high,
        aspect="equal",
        interpolation="nearest",
    )
    if len(known):
        _style.scale(ax, shown, name, whole=True)
    if has_numbers:
        colours = shown.to_rgba(values)
        for row, column in np.argwhere(~np.isnan(values)).tolist():
            ax.annotate(
                f"{values[row, column]:,.0f}",
                (column, row),
                ha="center",
                va="center",
                fontsize=8,
                color=readable_on(colours[row, column]),
            )


def _name_rows(ax: Axes, matrix: DivergenceMatrix, order: Numbers, label: By | None) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    if label is None or not 0 < len(order) <= _MOST_NAMES:
        return
    responses = [matrix.forest[matrix.ids[place]] for place in order.tolist()]
    texts = ["" if value is None else str(value) for value in values_of(responses, label)]
    ax.set_yticks(range(len(order)), [_style.shortened(text, _LABEL_LENGTH) for text in texts])
    ax.tick_params(axis="y", length=0)
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
        text.set_fontsize(8)
