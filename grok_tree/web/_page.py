"""The page of a share: one path as plain HTML, inert and self-contained."""

from __future__ import annotations

import html
import unicodedata

from grok_tree.forest import Response
from grok_tree.service import SharedPath

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; line-height: 1.3; }
article { margin: 1.5rem 0; padding: .75rem 1rem; border-radius: .5rem; border: 1px solid #8884; }
article.human { background: #8881; }
header { font-size: .85rem; opacity: .75; margin-bottom: .35rem; }
p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
em { opacity: .75; }
footer { font-size: .85rem; opacity: .75; }
"""
_NAMES = {"human": "Human", "assistant": "Model", "system": "System", "tool": "Tool"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1><bdi>{title}</bdi></h1>
{body}
</main>
<footer>Shared with grok_tree</footer>
</body>
</html>
"""


def shared_page(shared: SharedPath) -> str:
    """Return the page of a shared path."""
    title = shown(shared.title or "A conversation")
    body = "\n".join(map(_article, shared.responses))
    return _PAGE.format(title=title, style=_STYLE, body=body)


def missing_page() -> str:
    """Return the page for a share that is not there, whatever the reason."""
    body = "<p>There is nothing at this address. It may have been taken back.</p>"
    return _PAGE.format(title="Nothing is shared here", style=_STYLE, body=body)


def shown(text: str) -> str:
    """Return text as inert HTML; control characters become visible, and nothing can reorder."""
    return html.escape("".join(map(_visible, text)))


def _visible(character: str) -> str:
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category == "Cc" or character in _REORDERING:
        return f"\\u{ord(character):04x}"
    return character


_REORDERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def _article(response: Response) -> str:
    who = _NAMES[response.sender]
    if response.sender == "assistant" and response.model_name:
        who = f"{who} ({shown(response.model_name)})"
    time = response.create_time.strftime("%Y-%m-%d %H:%M UTC")
    notes = [note for note in (_note(response),) if note]
    cut = f"\n<em>{notes[0]}</em>" if notes else ""
    return (
        f'<article class="{response.sender}">\n<header>{who} · <time>{time}</time></header>\n'
        f'<p dir="auto">{shown(response.message)}</p>{cut}\n</article>'
    )


def _note(response: Response) -> str:
    if response.partial:
        return "(the answer was cut here)"
    return "(written by hand)" if response.manual else ""
