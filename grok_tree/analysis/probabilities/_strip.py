"""How the tokens of an answer look: as a strip of colours, or of blocks in a terminal."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from grok_tree.analysis._texts import inked
from grok_tree.analysis.probabilities._token import AnswerToken, mass, shown
from grok_tree.forest import counted

if TYPE_CHECKING:
    from grok_tree.analysis.probabilities._tokens import Tokens

_MOST_TOKENS = 2_000
"""Tokens that a notebook shows at once."""

_MOST_LINES = 10
_WIDTH = 80
_BLOCKS = "▁▂▃▄▅▆▇█"
_STRONGEST = 0.7
"""How much of the background the colour of an impossible token takes: text stays readable."""


def headline(tokens: Tokens) -> str:
    """Return the figures of the whole in a line."""
    count = counted(len(tokens), "token")
    if not len(tokens):
        return count
    return (
        f"{count}, log-probability {tokens.logprob:.4g} nats, perplexity {tokens.perplexity:.4g},"
        f" mean entropy at least {tokens.mean_entropy:.3g} nats"
    )


def as_html(tokens: Tokens) -> str:
    """Return inert HTML: each token over a colour that is stronger the less likely it was."""
    before = ""
    if tokens.response is not None and len(tokens):
        before = html.escape(tokens.response.message[: tokens[0].offset])
    spans = "".join(map(_span, tokens[:_MOST_TOKENS]))
    hidden = len(tokens) - _MOST_TOKENS
    more = f"<p>… {counted(hidden, 'more token')}; to_records() has them</p>" if hidden > 0 else ""
    return (
        f"<details open><summary><b>Tokens</b> · {html.escape(headline(tokens))}</summary>"
        f'<div style="white-space:pre-wrap;line-height:1.9">{before}{spans}</div>{more}</details>'
    )


def _span(token: AnswerToken) -> str:
    share = round(_STRONGEST * (1 - token.probability), 3)
    # A colour that lets the page's own background through needs no second one for dark pages.
    style = f"background:rgba(217,119,6,{share});border-radius:3px"
    name = ""
    if not token.text.strip():
        name = f' role="img" aria-label="{html.escape(shown(token.text))}"'
    seen = html.escape(_with_marks(token.text))
    return f'<span style="{style}" title="{html.escape(_title(token))}"{name}>{seen}</span>'


def _with_marks(text: str) -> str:
    """Return a token in which its ends of lines and tabs are seen, and spaces if it has no more."""
    if text.strip():
        return text.replace("\n", "⏎\n").replace("\t", "⇥\t")
    return inked(text).replace("⏎", "⏎\n")


def _title(token: AnswerToken) -> str:
    lines = [
        f"{shown(token.text)} {_percent(token.probability)}",
        *(f"{shown(other.text)} {_percent(mass(other.logprob))}" for other in token.alternatives),
        f"entropy at least {token.entropy:.2f} nats",
    ]
    return "\n".join(lines)


def _percent(probability: float) -> str:
    return f"{100 * probability:.3g} %"


def as_text(tokens: Tokens) -> str:
    """Return the answer with a line of blocks below each of its lines, higher for surprise."""
    cells = [cell for token in tokens[:_MOST_TOKENS] for cell in _cells(token)]
    starts = range(0, len(cells), _WIDTH)
    lines = [
        "".join(cell[row] for cell in cells[start : start + _WIDTH])
        for start in starts[:_MOST_LINES]
        for row in (0, 1)
    ]
    left = "\n…" if len(starts) > _MOST_LINES or len(tokens) > _MOST_TOKENS else ""
    return "\n".join(lines) + left


def _cells(token: AnswerToken) -> Iterator[tuple[str, str]]:
    """Yield each character of a token as it is shown, with as many blocks as it takes columns."""
    block = _BLOCKS[min(len(_BLOCKS) - 1, int((1 - token.probability) * len(_BLOCKS)))]
    for character in token.text:
        yield _shown(character), block * _n_columns(character)


def _shown(character: str) -> str:
    if character in "\n\t":
        return inked(character)
    return "·" if unicodedata.category(character).startswith("C") else character


def _n_columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
