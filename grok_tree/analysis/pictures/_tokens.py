"""An answer, token by token: how likely each was, and how open the choice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from grok_tree.analysis._texts import inked
from grok_tree.analysis.pictures import _style
from grok_tree.analysis.probabilities._token import AnswerToken
from grok_tree.errors import InvalidOperationError

_TOKEN_INCHES = 0.24
_MOST_TOKENS = 120
_WIDEST_INCHES = 16


def plot_tokens(
    tokens: Sequence[AnswerToken],
    *,
    by: Literal["probability", "entropy"] = "probability",
    ax: Axes | None = None,
) -> Axes:
    """Draw an answer with a bar for each token, and its words below.

    Args:
        tokens: As `grok_tree.analysis.tokens` gives them; a slice is a part of the answer. Of more
            than 120 the first 120 are drawn, and the picture says so.
        by: ``"probability"``: the bar is the sampled token's, and a mark stands where the likeliest
            alternative is; above its bar, another token was likelier. ``"entropy"``: the bar is
            the lower bound of the entropy, in nats.
        ax: Where to draw; None makes a figure.

    Returns:
        The axes, for whatever is to be added.

    Raises:
        InvalidOperationError: `by` is neither of the two.
    """
    if by not in ("probability", "entropy"):
        raise InvalidOperationError(f"tokens are drawn by 'probability' or 'entropy', not {by!r}")
    shown = list(tokens[:_MOST_TOKENS])
    width = min(max(4.0, len(shown) * _TOKEN_INCHES + 1), _WIDEST_INCHES)
    drawn = _style.axes(ax, width=width, height=3.2)
    drawn.bar(
        range(len(shown)),
        [getattr(one, by) for one in shown],
        width=0.8,
        color=_style.PALETTE[0],
        label="sampled" if by == "probability" else "_entropy",
    )
    if by == "probability":
        _draw_alternatives(drawn, shown)
        drawn.set_ylim(0, 1.02)
        _style.legend(drawn)
    _write_words(drawn, shown)
    drawn.set_ylabel("probability" if by == "probability" else "entropy (nats, at least)")
    if not shown:
        drawn.set_xlabel("no tokens")
    if len(tokens) > len(shown):
        drawn.set_xlabel(f"the first {len(shown)} of {len(tokens):,} tokens")
    return drawn


def _draw_alternatives(ax: Axes, tokens: Sequence[AnswerToken]) -> None:
    best = [(at, one.alternatives[0].logprob) for at, one in enumerate(tokens) if one.alternatives]
    if best:
        ax.scatter(
            [at for at, _ in best],
            [math.exp(min(0.0, logprob)) for _, logprob in best],
            s=26,
            color=_style.PALETTE[1],
            marker=_style.MARKERS[3],
            linewidths=0,
            zorder=3,
            label="likeliest alternative",
        )


def _write_words(ax: Axes, tokens: Sequence[AnswerToken]) -> None:
    words = [_style.drawable(_visible(one.text)[:16]) for one in tokens]
    ax.set_xticks(np.arange(len(tokens)), words)
    for text in ax.get_xticklabels():
        text.set_parse_math(False)
        text.set_fontsize(8)
        text.set_rotation(0 if len(text.get_text()) == 1 else 90)
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.7, max(len(tokens), 1) - 0.3)


def _visible(text: str) -> str:
    if not text.strip():
        return inked(text)
    return text.strip(" ").replace("\n", "⏎").replace("\t", "⇥")
