"""Pieces of inert HTML: no script, nothing from outside, and the colours of the page around it."""

from __future__ import annotations

import html
from collections.abc import Iterable

from grok_tree.forest import counted, on_one_line

MUTED = "opacity:.75"
_LINE = "border-left:3px solid {colour};padding:.1em .6em;margin:.35em 0"
_SENDERS = {"human": "#0072B2", "assistant": "#D55E00", "system": "#009E73", "tool": "#CC79A7"}
"""The colours that pictures have, too; each can be seen on white and on black."""


def one_line(text: str, most: int) -> str:
    """Return a text on one line, escaped, cut where it is too long, kept apart from its line."""
    return f"<bdi>{html.escape(on_one_line(text, most), quote=False)}</bdi>"


def whole_text(text: str, most: int) -> str:
    """Return a text as it stands, escaped; what is too long is cut, and how much is said."""
    left = len(text) - most
    cut = counted(left, "more character")
    more = f'\n<span style="{MUTED}">… {cut}</span>' if left > 0 else ""
    shown = html.escape(text[:most], quote=False)
    return (
        f'<div dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere">{shown}{more}</div>'
    )


def folded(summary: str, inside: str, *, is_open: bool = False, style: str = "") -> str:
    """Return what can be folded; both parts are HTML already."""
    styled = f' style="{style}"' if style else ""
    return f"<details{' open' * is_open}{styled}><summary>{summary}</summary>{inside}</details>"


def beside_line(sender: str, inside: str) -> str:
    """Return something with the line of its sender at the left."""
    return f'<div style="{line_of(sender)}">{inside}</div>'


def line_of(sender: str) -> str:
    """Return the style of the line of a sender."""
    return _LINE.format(colour=_SENDERS.get(sender, "#787878"))


def muted(parts: Iterable[str]) -> str:
    """Return escaped remarks, one after the other, beside what matters."""
    said = " · ".join(html.escape(part, quote=False) for part in parts if part)
    return f'<span style="{MUTED}">{said}</span>' if said else ""


def left_out(n: int, one: str, several: str = "") -> str:
    """Return a line that says how many are not shown, nothing where all are."""
    return f"<div>{muted([f'… {counted(n, one, several)}'])}</div>" if n > 0 else ""
