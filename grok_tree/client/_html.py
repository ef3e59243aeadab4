"""How handles look in a notebook: inert HTML, folded where it may be long."""

from __future__ import annotations

import html

from grok_tree import forest

_MAX_SHOWN = 200


def response_html(response: forest.Response) -> str:
    """Return one response."""
    mark = " ★" if response.marks.starred else ""
    mark += " (partial)" if response.partial else ""
    head = html.escape(f"{response.sender}{mark}")
    text = html.escape(response.message)
    return (
        f"<details open><summary><b>{head}</b></summary>"
        f'<div style="white-space:pre-wrap">{text}</div></details>'
    )


def conversation_html(snapshot: forest.Forest) -> str:
    """Return the path to the leaf, and how much there is beside it."""
    conversation = snapshot.conversation
    title = html.escape(conversation.title or "Untitled conversation")
    leaf = snapshot.leaf
    path = list(snapshot.path(leaf.response_id)) if leaf is not None else []
    hidden = max(0, len(path) - _MAX_SHOWN)
    shown = "".join(map(response_html, path[hidden:]))
    cut = f"<p>… {hidden} earlier responses</p>" if hidden else ""
    counts = f"{len(snapshot)} responses, {len(snapshot.tips)} tips"
    return f"<details open><summary><b>{title}</b> · {counts}</summary>{cut}{shown}</details>"
