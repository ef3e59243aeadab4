"""Colours and figures that can be read on white and on black, without touching global settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgb, to_rgba
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import MaxNLocator

from grok_tree.forest import on_one_line

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#A87B00")
"""Of Okabe and Ito (2008), without those that vanish on white; the last one is darkened."""

MARKERS = ("o", "s", "^", "D", "v")
"""One for each colour: nothing is told by colour alone."""

HATCHES = ("", "////", "....", "xxxx", "----")

GREY = "#787878"
"""As far from white as from black: ink for a background that is not known."""

_MISSING = "□"
_FAINTEST = 0.04
_MARK_POINTS = 40
"""How much a mark takes beside its name, with the gap to the next one."""
_PALE = "#CBD3D9"


def ink() -> str | tuple[float, float, float]:
    """Return the colour of texts and lines: the user's, or one that fits any background."""
    chosen = to_rgb(mpl.rcParams["text.color"])
    return chosen if _user_has_chosen() else GREY


def _user_has_chosen() -> bool:
    """Tell whether somebody set colours, such as those of a style for dark pages."""
    now, defaults = mpl.rcParams, mpl.rcParamsDefault
    page = to_rgba(now["figure.facecolor"])
    painted = page[3] > 0 and page != to_rgba(defaults["figure.facecolor"])
    return painted or to_rgb(now["text.color"]) != to_rgb(defaults["text.color"])


def axes(ax: Axes | None, *, width: float, height: float, square: bool = False) -> Axes:
    """Return the axes that were given, or those of a new figure, in inches."""
    if ax is None:
        layout: Literal["compressed", "constrained"] = "compressed" if square else "constrained"
        figure, ax = plt.subplots(figsize=(width, height), layout=layout)
        if not _user_has_chosen():
            figure.patch.set_alpha(0)
            ax.patch.set_alpha(0)
    _dress(ax)
    return ax


def _dress(ax: Axes) -> None:
    colour = ink()
    for side, spine in ax.spines.items():
        spine.set_color(colour)
        spine.set_visible(side in ("left", "bottom"))
    ax.tick_params(colors=colour, which="both")
    for text in (ax.title, ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label):  # type: ignore[attr-defined]
        text.set_color(colour)
        text.set_parse_math(False)


def legend(ax: Axes) -> None:
    """Say what the marks mean, above the picture."""
    handles, names = ax.get_legend_handles_labels()
    if handles:
        shown = ax.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=_n_columns(ax, names),
            frameon=False,
            labelcolor=ink(),
            fontsize="small",
        )
        for text in shown.get_texts():
            text.set_parse_math(False)
        for handle in shown.legend_handles:
            if isinstance(handle, PathCollection):
                handle.set_sizes([30])


def _n_columns(ax: Axes, names: Sequence[str]) -> int:
    """Return in how many columns the names of marks fit above a picture.

    It is estimated: measuring would draw everything once more.
    """
    rows = [_points(text.get_text(), 10) for text in ax.get_yticklabels()]
    free = ax.get_figure(root=True).get_figwidth() * 72 - max(rows, default=0)  # type: ignore[union-attr]
    widths = [_points(name, 8.5) + _MARK_POINTS for name in names]
    fitting = (n for n in range(min(len(names), 5), 1, -1) if _width(widths, n) <= free)
    return next(fitting, 1)


def _width(widths: Sequence[float], n_columns: int) -> float:
    """Return the width of a table that is filled column by column, the first ones longer."""
    least, more = divmod(len(widths), n_columns)
    ends = list(accumulate(least + (column < more) for column in range(n_columns)))
    return sum(max(widths[start:end]) for start, end in pairwise([0, *ends]))


def _points(text: str, size: float) -> float:
    return 0.57 * size * len(text)


def ramp() -> LinearSegmentedColormap:
    """Return colours for quantities, from blue to orange, each readable on white and on black."""
    return LinearSegmentedColormap.from_list("ramp", ["#3A86C8", GREY, "#D55E00"])


def veil() -> LinearSegmentedColormap:
    """Return colours from nothing to blue, which let the page's background through."""
    return LinearSegmentedColormap.from_list(
        "veil", [to_rgba(PALETTE[0], _FAINTEST), to_rgba(PALETTE[0], 1)]
    )


def veil_over(page: Sequence[float]) -> LinearSegmentedColormap:
    """Return the colours of the veil as they are over a page, which no longer comes through."""
    strong = np.array(to_rgb(PALETTE[0]))
    faint = _FAINTEST * strong + (1 - _FAINTEST) * np.asarray(page[:3])
    return LinearSegmentedColormap.from_list("veil_over", [tuple(faint), tuple(strong)])


def page_of(ax: Axes) -> Sequence[float]:
    """Return the colour behind a picture; a pale grey where nothing is painted, on any page."""
    for patch in (ax.patch, ax.get_figure(root=True).patch):  # type: ignore[union-attr]
        colour = to_rgba(patch.get_facecolor())
        if colour[3] > 0:
            return colour
    return to_rgb(_PALE)


def shortened(text: str, length: int) -> str:
    """Return a text on one line, cut where it is too long, in characters that the font has."""
    return drawable(on_one_line(text, length))


def drawable(text: str) -> str:
    """Return a text with a box for each character that the font cannot draw."""
    known = _characters(findfont(FontProperties()))
    return "".join(one if ord(one) in known else _MISSING for one in text)


@cache
def _characters(path: str) -> frozenset[int]:
    charmap: Iterable[int] = get_font(path).get_charmap()
    return frozenset(charmap)


def scale(
    ax: Axes, shown: ScalarMappable, name: str, *, whole: bool = False, above: bool = False
) -> None:
    """Put the scale of some quantities, or of whole numbers, beside their picture or above it."""
    place: dict[str, Any] = {"pad": 0.02, "fraction": 0.04}
    if above:
        place |= {"location": "top", "shrink": 0.4, "aspect": 30}
    bar = ax.get_figure(root=True).colorbar(shown, ax=ax, **place)  # type: ignore[union-attr]
    bar.outline.set_visible(False)
    bar.ax.set_facecolor("none")
    bar.ax.tick_params(colors=ink())
    bar.set_label(name, color=ink())
    if whole:
        bar.locator = MaxNLocator(integer=True)
        bar.update_ticks()


def faded(colour: str) -> tuple[float, float, float, float]:
    """Return a colour that lets the page's background through, for areas with a hatch."""
    return to_rgba(colour, 0.55)
