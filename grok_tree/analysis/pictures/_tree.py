"""A forest drawn as a tree from left to right."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from grok_tree.analysis._arrays import Arrays, arrays_of
from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis.pictures import _style
from grok_tree.analysis.pictures._colouring import NOTHING, By, Coloured, coloured, values_of
from grok_tree.analysis.pictures._layout import Layout, Mask, laid_out
from grok_tree.forest import NO_PARENT, Forest, Response

_MOST_LABELS = 60
_MOST_MARKS = 20_000
_LABEL_LENGTH = 48
_SMALLEST_LABEL = 4.5
_ROW_INCHES = 0.24


def plot_tree(
    forest: AnyForest,
    *,
    color: By = "sender",
    label: By | None = "message",
    ax: Axes | None = None,
) -> Axes:
    """Draw a forest from left to right: a row for each tip, a column for each depth.

    A parent stands in the middle of its children, which follow each other in order of creation. The
    path to the leaf, where the next turn attaches, is drawn strong and ends in a ring. Of a fork
    with more than 300 children, and of more than 2,000 tips, every so-manieth is drawn, and the
    picture says so. From 20,000 responses on only roots, forks and tips have marks.

    Args:
        forest: Which.
        color: What marks stand for: the name of a field such as ``"sender"``, ``"model_name"``,
            ``"finish_reason"`` or ``"settings.temperature"``, a function of a response, or values
            by id. Floats are quantities and get a scale; everything else is a kind with a colour
            and a shape of its own, at most five; what has no value is hollow.
        label: What stands beside the tips, given in the same way, where there are at most 60 of
            them and their rows are high enough; None for nothing.
        ax: Where to draw; None makes a figure.

    Returns:
        The axes, for whatever is to be added.

    Raises:
        InvalidOperationError: A response has no such field.
    """
    taken = snapshot_of(forest)
    arrays = arrays_of(taken)
    path = _leaf_path(taken, arrays)
    layout = laid_out(arrays, path)
    marked = np.flatnonzero(_marked(layout)).astype(np.int32)
    responses = taken.responses.several(layout.numbers[marked].tolist())
    marks = coloured(responses, color, most=len(_style.PALETTE))

    rows = max(2.0, min(layout.n_tips * _ROW_INCHES + 1, 10))
    drawn = _style.axes(ax, width=8, height=rows)
    _draw_lines(drawn, layout, np.isin(layout.numbers, path))
    _draw_marks(drawn, layout, marked, marks)
    _draw_leaf(drawn, layout, path)
    _say_what_is_cut(drawn, layout, arrays)
    if label is not None and 0 < layout.n_tips <= _MOST_LABELS:
        _draw_labels(drawn, layout, _texts_at_tips(layout, marked, responses, label))
    _finish(drawn, taken, layout)
    return drawn


def _leaf_path(forest: Forest, arrays: Arrays) -> list[int]:
    leaf = forest.leaf
    if leaf is None:
        return []
    number = forest.number(leaf.response_id)
    path = []
    while number != NO_PARENT:
        path.append(number)
        number = int(arrays.parents[number])
    return path


def _marked(layout: Layout) -> Mask:
    if len(layout) <= _MOST_MARKS:
        return np.ones(len(layout), dtype=np.bool_)
    marked: Mask = (layout.n_children != 1) | (layout.parents == NO_PARENT)
    return marked


def _draw_lines(ax: Axes, layout: Layout, on_path: Mask) -> None:
    below = np.flatnonzero(layout.parents != NO_PARENT)
    above = layout.parents[below]
    lone = layout.n_children[above] == 1
    width = _width(layout)
    for strong in (False, True):
        chosen = on_path[below] if strong else np.ones(len(below), dtype=bool)
        lines = [
            *_runs(layout, below[lone & chosen]),
            *_curves(layout, above[~lone & chosen], below[~lone & chosen]),
        ]
        ax.add_collection(
            LineCollection(
                lines,
                colors=[_style.ink()],
                linewidths=width * (2.4 if strong else 1),
                alpha=0.9 if strong else 0.7,
                zorder=1,
                label="_path" if strong else "_lines",
            )
        )


def _runs(layout: Layout, below: Numbers) -> list[Floats]:
    """Return one line for each run of responses that are their parent's only child."""
    lines: list[Floats] = []
    ends: dict[int, int] = {}
    starts: dict[int, int] = {}
    for place in below.tolist():
        parent = int(layout.parents[place])
        starts[place] = starts.get(parent, parent)
        ends[starts[place]] = place
    for start, end in ends.items():
        row = layout.y[end]
        lines.append(np.array([[layout.x[start], row], [layout.x[end], row]]))
    return lines


def _curves(layout: Layout, above: Numbers, below: Numbers) -> Floats:
    """Return a line that bends from each parent to its child, early so that it can be followed."""
    along = np.linspace(0, 1, 7 if len(below) > 400 else 33)
    bend = np.minimum(1, along * 1.6)
    ease = bend * bend * (3 - 2 * bend)
    x0, y0 = layout.x[above][:, None], layout.y[above][:, None]
    x1, y1 = layout.x[below][:, None], layout.y[below][:, None]
    return np.stack([x0 + (x1 - x0) * along, y0 + (y1 - y0) * ease], axis=-1)


def _width(layout: Layout) -> float:
    return 1.2 if layout.n_tips <= 60 else 0.8 if layout.n_tips <= 400 else 0.35


def _size(layout: Layout) -> float:
    n = max(layout.n_tips, len(layout) / 10)
    return 44 if n <= 40 else 20 if n <= 150 else 8 if n <= 500 else 3


def _draw_marks(ax: Axes, layout: Layout, marked: Numbers, marks: Coloured) -> None:
    x, y, size = layout.x[marked], layout.y[marked], _size(layout)
    if marks.quantities is not None:
        _draw_quantities(ax, np.column_stack([x, y, marks.quantities]), size, marks.name)
        return
    kinds = np.asarray(marks.kind_of)
    for place, kind in enumerate(marks.kinds):
        there = kinds == place
        if not there.any():
            continue
        ax.scatter(
            x[there],
            y[there],
            s=size,
            facecolors="none" if kind == NOTHING else _style.PALETTE[place],
            edgecolors=[_style.ink()] if kind == NOTHING else "none",
            marker="o" if kind == NOTHING else _style.MARKERS[place],
            label=f"{_style.shortened(kind, 30)} ({there.sum():,})",
            zorder=2,
        )
    if len(marked):
        _style.legend(ax)


def _draw_quantities(ax: Axes, points: Floats, size: float, name: str) -> None:
    known = ~np.isnan(points[:, 2])
    ax.scatter(
        points[~known, 0],
        points[~known, 1],
        s=size,
        facecolors="none",
        edgecolors=[_style.ink()],
        label=f"none ({(~known).sum():,})",
        zorder=2,
    )
    shown = ax.scatter(
        points[known, 0],
        points[known, 1],
        s=size,
        c=points[known, 2],
        cmap=_style.ramp(),
        linewidths=0,
        zorder=2,
        label="_quantities",
    )
    # Beside the tree stand the labels of its tips.
    _style.scale(ax, shown, name, above=True)
    if not known.all():
        _style.legend(ax)


def _draw_leaf(ax: Axes, layout: Layout, path: list[int]) -> None:
    place = np.flatnonzero(layout.numbers == path[0]) if path else ()
    if len(place):
        ax.scatter(
            layout.x[place],
            layout.y[place],
            s=_size(layout) * 4 + 20,
            facecolors="none",
            edgecolors=[_style.ink()],
            linewidths=1.4,
            zorder=3,
            label="_leaf",
        )


def _texts_at_tips(
    layout: Layout, marked: Numbers, responses: list[Response], label: By
) -> dict[int, str]:
    tips = {int(at): one for at, one in zip(marked, responses, strict=True)}
    tips = {at: one for at, one in tips.items() if layout.n_children[at] == 0}
    values = zip(tips, values_of(list(tips.values()), label), strict=True)
    return {at: str(value) for at, value in values if value is not None}


def _draw_labels(ax: Axes, layout: Layout, texts: dict[int, str]) -> None:
    size = _label_size(ax, layout)
    for at, text in texts.items() if size >= _SMALLEST_LABEL else ():
        point = layout.x[at], layout.y[at]
        _beside(ax, point, _style.shortened(text, _LABEL_LENGTH), size=size)


def _label_size(ax: Axes, layout: Layout) -> float:
    """Return how large labels may be, in points, so that rows do not cover each other."""
    figure = ax.get_figure(root=True)
    height = ax.get_window_extent().height / figure.dpi * 72  # type: ignore[union-attr]
    return float(min(8, 0.9 * height / layout.n_tips))


def _say_what_is_cut(ax: Axes, layout: Layout, arrays: Arrays) -> None:
    widest = sorted(layout.cut, key=lambda fork: -layout.cut[fork])[:12]
    for fork in widest:
        at = np.flatnonzero(layout.numbers == fork)
        if fork != NO_PARENT and len(at):
            n = int(arrays.n_children[fork])
            said = f"{layout.cut[fork]:,} of {n:,} children"
            _beside(ax, (layout.x[at[0]], layout.y[at[0]]), said, left=True)


def _beside(
    ax: Axes, point: tuple[float, float], text: str, *, left: bool = False, size: float = 8
) -> None:
    ax.annotate(
        text,
        point,
        xytext=(-10 if left else 10, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        fontsize=size,
        color=_style.ink(),
        parse_math=False,
    )


def _finish(ax: Axes, forest: Forest, layout: Layout) -> None:
    deepest = layout.x.max(initial=1)
    edge = 0.04 * (deepest - 1) or 0.5
    ax.set_xlim(max(0.5, 1 - edge), deepest + edge)
    ax.set_ylim(max(layout.n_tips, 1) - 0.4, -0.6)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    said = "depth"
    if not len(forest):
        said = "an empty forest"
        ax.set_xticks([])
    elif len(layout) < len(forest):
        said = f"depth ({len(layout):,} of {len(forest):,} responses are drawn)"
    ax.set_xlabel(said)
