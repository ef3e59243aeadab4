"""What models used, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

from grok_tree.analysis._results import Records
from grok_tree.analysis.pictures import _style
from grok_tree.analysis.tables._table import Forests, Table, table
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import counted

_PARTS: Mapping[str, Callable[[Mapping[str, Any]], int]] = {
    "prompt, computed": lambda row: row["prompt_tokens"] - row["cached_prompt_tokens"],
    "prompt, cached": lambda row: row["cached_prompt_tokens"],
    "answers": lambda row: row["completion_tokens"],
    "reasoning": lambda row: row["reasoning_tokens"],
}
_ROW_INCHES = 0.45
_MOST_MODELS = 30


def plot_costs(
    costs: Table | Forests, *, by: Literal["tokens", "usd"] = "tokens", ax: Axes | None = None
) -> Axes:
    """Draw a bar for each model: the tokens it used in four parts, or US dollars.

    Beside each bar stands what is known of the cost, and of how many samplings it is not known.

    Args:
        costs: A table of costs, as ``analysis.table(forest, "costs")`` gives it, or forests.
        by: What bars are as long as: ``"tokens"``, or ``"usd"`` as far as it is known.
        ax: Where to draw; None makes a figure.

    Returns:
        The axes, for whatever is to be added.

    Raises:
        InvalidOperationError: `by` is neither of the two, or the table is not of costs.
    """
    if by not in ("tokens", "usd"):
        raise InvalidOperationError(f"costs are drawn by 'tokens' or 'usd', not {by!r}")
    every = _by_model(_rows(costs))
    models = dict(sorted(every.items(), key=lambda one: -_length(one[1], by))[:_MOST_MODELS])
    drawn = _style.axes(ax, width=8, height=max(2.0, len(models) * _ROW_INCHES + 1.2))
    ends = _draw_tokens(drawn, models) if by == "tokens" else _draw_usd(drawn, models)
    for at, (end, row) in enumerate(zip(ends, models.values(), strict=True)):
        drawn.annotate(
            _said(row),
            (end, at),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=_style.ink(),
            parse_math=False,
        )
    _finish(drawn, models, by)
    if len(models) < len(every):
        drawn.set_ylabel(f"{len(models)} of {len(every)} models")
    return drawn


def _rows(costs: Table | Forests) -> Records:
    if not isinstance(costs, Table):
        return table(costs, "costs").rows
    if costs.grain != "costs":
        raise InvalidOperationError(
            f"a table of {costs.grain} says no costs; give analysis.table(forest, 'costs')"
        )
    return costs.rows


def _by_model(rows: Records) -> dict[str, dict[str, Any]]:
    """Return the sums over all days."""
    models: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        models.setdefault(row["model_name"] or "no model named", []).append(row)
    return {name: _summed(days) for name, days in models.items()}


def _summed(days: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    known = [day["cost_usd"] for day in days if day["cost_usd"] is not None]
    counts = [name for name, value in days[0].items() if isinstance(value, int)]
    sums: dict[str, Any] = {name: sum(day[name] for day in days) for name in counts}
    return sums | {"cost_usd": math.fsum(known) if known else None}


def _length(row: Mapping[str, Any], by: str) -> float:
    if by == "usd":
        return row["cost_usd"] or 0.0
    return float(sum(part(row) for part in _PARTS.values()))


def _draw_tokens(ax: Axes, models: Mapping[str, Mapping[str, Any]]) -> list[float]:
    left = np.zeros(len(models), dtype=np.float64)
    for place, (name, part) in enumerate(_PARTS.items()):
        widths = np.array([part(row) for row in models.values()], dtype=np.float64)
        if widths.any():
            ax.barh(
                range(len(models)),
                widths,
                left=left,
                height=0.6,
                facecolor=_style.faded(_style.PALETTE[place]),
                edgecolor=_style.PALETTE[place],
                linewidth=0.8,
                hatch=_style.HATCHES[place],
                label=name,
            )
        left += widths
    return [float(end) for end in left]


def _draw_usd(ax: Axes, models: Mapping[str, Mapping[str, Any]]) -> list[float]:
    widths = [_length(row, "usd") for row in models.values()]
    ax.barh(range(len(models)), widths, height=0.6, color=_style.PALETTE[0], label="_usd")
    return widths


def _said(row: Mapping[str, Any]) -> str:
    unknown, n = row["n_unknown_costs"], row["n_samplings"]
    if row["cost_usd"] is None:
        return f"cost unknown ({counted(n, 'sampling')})"
    missing = f", {unknown:,} of unknown cost" if unknown else ""
    return f"{_dollars(row['cost_usd'])} ({counted(n, 'sampling')}{missing})"


def _dollars(usd: float) -> str:
    """Return dollars with two to four decimals."""
    if 0 < usd < 0.00005:
        return "under $0.0001"
    whole, _, rest = f"{usd:,.4f}".partition(".")
    return f"${whole}.{rest.rstrip('0').ljust(2, '0')}"


def _finish(ax: Axes, models: Mapping[str, Any], by: str) -> None:
    ax.set_yticks(range(len(models)), [_style.shortened(name, 40) for name in models])
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
    ax.set_ylim(max(len(models), 1) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(left=0)
    ax.set_xlabel("tokens" if by == "tokens" else "US dollars")
    ax.xaxis.set_major_formatter("{x:,.10g}")
    if not models:
        ax.set_xlabel("nothing was sampled")
        ax.set_xticks([])
    _style.legend(ax)
