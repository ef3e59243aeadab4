"""Outcomes as inert HTML: a line for each share, with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._markup import folded, left_out, muted, one_line
from grok_tree.forest import counted

if TYPE_CHECKING:
    from grok_tree.analysis.labels._distribution import Distribution
    from grok_tree.analysis.labels._outcomes import Outcomes

_MOST_FORKS = 12
_MOST_KINDS = 12
_PREVIEW = 120


def outcomes_html(outcomes: Outcomes) -> str:
    """Return outcomes as inert HTML: of the whole forest, and folded below it of its forks."""
    n_forks = len(outcomes.fork_ids)
    shown = outcomes.forks(most=_MOST_FORKS)
    parts = [distribution_html(outcomes.whole, said="the whole forest")]
    for fork in shown:
        if fork.response_id is not None:
            said = one_line(outcomes.forest[fork.response_id].message, _PREVIEW)
            parts.append(distribution_html(fork, said=said))
    more = left_out(n_forks - len(shown), "more fork")
    inside = "".join(parts) + more
    return folded(f"<b>Outcomes</b> {muted([counted(n_forks, 'fork')])}", inside, is_open=True)


def distribution_html(distribution: Distribution, *, said: str = "outcomes") -> str:
    """Return a distribution as inert HTML.

    Args:
        distribution: Which.
        said: Of what it is, as HTML.
    """
    kinds = dict(distribution.shares)
    largest = set(sorted(kinds, key=lambda kind: -_rank(kinds[kind]))[:_MOST_KINDS])
    lines = [_line(str(kind), share) for kind, share in kinds.items() if kind in largest]
    if distribution.mean is not None:
        lines.append(f"<div>mean {distribution.mean}</div>")
    table = f'<table style="border-spacing:.6em .1em">{"".join(lines)}</table>' if kinds else ""
    inside = table if kinds else "".join(lines)
    more = left_out(len(kinds) - _MOST_KINDS, "more outcome")
    return folded(f"{said} {muted([f'n = {distribution.n:,}'])}", inside + more, is_open=True)


def _rank(share: Estimate) -> float:
    return -1.0 if math.isnan(share.value) else share.value


def _line(kind: str, share: Estimate) -> str:
    figures = "" if math.isnan(share.value) else str(share)
    cells = (one_line(kind, 60), _bar(share), muted([figures]))
    styled = "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells)
    return f"<tr>{styled}</tr>"


def _bar(share: Estimate) -> str:
    """Return a track of 0 to 1 with the interval as a band and the share as a line in it."""
    band = _piece(share.low, share.high - share.low, "background:#0072B2;opacity:.45")
    line = (
        "" if math.isnan(share.value) else _piece(share.value, 0, "border-left:3px solid #D55E00")
    )
    track = "position:relative;width:14em;height:.9em;border:1px solid #787878"
    return f'<div style="{track}">{band}{line}</div>'


def _piece(begin: float, length: float, style: str) -> str:
    place = f"position:absolute;top:0;bottom:0;left:{100 * begin:.1f}%;width:{100 * length:.1f}%"
    return f'<div style="{place};{style}"></div>'
