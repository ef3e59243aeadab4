"""Values as single lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from grok_tree.cli._spans import Span, Style, wrap
from grok_tree.cli._visible import isolated, visible, visible_line
from grok_tree.forest import Conversation, Response, SearchHit, counted


def conversation_row(row: Conversation, short: str, *, width: int) -> Sequence[Span]:
    """Return one line of a list of conversations."""
    star = "★" if row.starred else " "
    return _fitting(
        [
            Span(short, "faint"),
            Span(f"  {_local(row.modify_time)}", "faint"),
            Span(f"  {row.n_responses:>5,} {star} "),
            _title(row.title),
        ],
        width,
    )


def forest_heading(
    conversation: Conversation, short: str, *, n_responses: int, n_tips: int
) -> Sequence[Span]:
    """Return the line above a tree."""
    counts = f"{counted(n_responses, 'response')}, {counted(n_tips, 'tip')}"
    star = " ★" if conversation.starred else ""
    return [
        _title(conversation.title),
        Span(star, "mark"),
        Span(f"  {short}  {counts}", "faint"),
    ]


def response_heading(response: Response, short: str) -> Sequence[Span]:
    """Return the line above a response that is written out."""
    style: Style = "model" if response.sender == "assistant" else "human"
    model = f"  {visible_line(response.model_name)}" if response.model_name else ""
    partial = f"  [partial: {response.finish_reason or 'growing'}]" if response.partial else ""
    return [
        Span(response.sender, style),
        Span(f"  {short}  {_local(response.create_time)}{model}", "faint"),
        Span(partial, "mark"),
    ]


def response_text(response: Response) -> Sequence[str]:
    """Return the lines of a response that is written out."""
    return [isolated(line) for line in visible(response.message).split("\n")]


def hit_row(hit: SearchHit, short: str, *, width: int) -> Sequence[Span]:
    """Return one line of a search."""
    where = "title" if hit.response_id is None else "response"
    return _fitting(
        [
            Span(f"{short}  ", "faint"),
            Span(f"{where:<8}  ", "faint"),
            Span(isolated(visible_line(hit.snippet))),
            Span("  in ", "faint"),
            _title(hit.title),
        ],
        width,
    )


def change_row(revision: int, what: str, *, width: int) -> Sequence[Span]:
    """Return one line about fields of a conversation that changed."""
    return _fitting([_revision(revision), Span("conversation  ", "title"), Span(what)], width)


def response_change_row(revision: int, response: Response, *, width: int) -> Sequence[Span]:
    """Return one line about a response that changed."""
    style: Style = "model" if response.sender == "assistant" else "human"
    grows = response.partial and response.finish_reason is None
    state = "deleted  " if response.deleted else "growing  " if grows else ""
    return _fitting(
        [
            _revision(revision),
            Span(f"{response.response_id}  ", "faint"),
            Span(f"{response.sender}  ", style),
            Span(state, "mark"),
            Span(isolated(visible_line(response.message[:width]))),
        ],
        width,
    )


def _revision(revision: int) -> Span:
    return Span(f"{revision:>6}  ", "faint")


def _title(title: str) -> Span:
    if not title:
        return Span("(untitled)", "faint")
    return Span(isolated(visible_line(title)), "title")


def _local(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d %H:%M}"


def _fitting(spans: Sequence[Span], width: int) -> Sequence[Span]:
    return wrap(spans, width, max_lines=1)[0]
