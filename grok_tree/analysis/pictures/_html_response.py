"""Responses as inert HTML."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grok_tree.analysis._markup import (
    beside_line,
    folded,
    left_out,
    line_of,
    muted,
    one_line,
    whole_text,
)
from grok_tree.forest import NO_TIME, Response, counted

_LONGEST = 20_000
_LONGEST_OF_MANY = 1_500
_MOST_SAMPLES = 40


def response_html(response: Response) -> str:
    """Return a response as inert HTML: what was said, and folded below how it came to be."""
    below = [
        _fold("reasoning", response.reasoning),
        _facts(response),
        _fold("note", response.marks.note),
    ]
    return block(response, "".join(below), most=_LONGEST)


def block(response: Response, below: str = "", *, most: int = _LONGEST_OF_MANY) -> str:
    """Return a response with what stands below its text, which is HTML already."""
    head = f"<b>{response.sender}</b> {muted(_remarks(response))}"
    inside = whole_text(response.message, most) + below
    return folded(head, inside, is_open=True, style=line_of(response.sender))


def responses_html(samples: Sequence[Response | str], *, caption: str) -> str:
    """Return siblings as inert HTML, numbered from 0.

    Args:
        samples: What ended, and the text that has come of what is still being sampled.
        caption: What they are.
    """
    shown = [_sample(index, one) for index, one in enumerate(samples[:_MOST_SAMPLES])]
    more = left_out(len(samples) - len(shown), "more", "more")
    return folded(f"<b>{one_line(caption, 200)}</b>", "".join(shown) + more, is_open=True)


def _sample(index: int, sample: Response | str) -> str:
    if isinstance(sample, Response):
        text, remarks, sender = sample.message, _remarks(sample), sample.sender
    else:
        text, remarks, sender = sample, ["being sampled"], "assistant"
    head = f"<b>{index}</b> {muted(remarks)}"
    return beside_line(sender, head + whole_text(text, _LONGEST_OF_MANY))


def _remarks(response: Response) -> list[str]:
    """Return what can be said in a few words of how a response stands and ended."""
    marks, settings = response.marks, response.settings
    return [
        "★" if marks.starred else "",
        response.model_name,
        "by hand" if response.manual else "",
        "" if settings.temperature is None else f"T={settings.temperature:g}",
        "" if settings.seed is None else f"seed={settings.seed}",
        "partial" if response.partial else "",
        response.finish_reason if response.finish_reason not in (None, "stop") else "",
        *(f"#{tag}" for tag in marks.tags[:20]),
        *(f"{name}={value:g}" for name, value in list(marks.scores.items())[:20]),
    ]


def _facts(response: Response) -> str:
    """Return a folded list of what was asked, used and recorded."""
    usage, timing = response.usage, response.timing
    time = response.create_time
    facts = {
        "id": response.response_id,
        "created": "" if time == NO_TIME else f"{time:%Y-%m-%d %H:%M:%S} UTC",
        "origin": response.origin.kind,
        "settings": _given(response.settings),
        "tokens": _given(usage),
        "seconds": f"{timing.duration_s:.3g}" if timing.duration_s else "",
        "attachments": counted(len(response.attachments), "file") * bool(response.attachments),
        "tool calls": ", ".join(call.name for call in response.tool_calls[:20]),
        "citations": counted(len(response.citations), "source") * bool(response.citations),
    }
    lines = (
        f"<div><i>{name}</i> {one_line(value, 1_000)}</div>"
        for name, value in facts.items()
        if value
    )
    return folded(muted(["details"]), "".join(lines))


def _given(struct: msgspec.Struct) -> str:
    given = msgspec.to_builtins(struct)
    return ", ".join(f"{name}={value}" for name, value in given.items())


def _fold(name: str, text: str) -> str:
    return folded(muted([name]), whole_text(text, _LONGEST)) if text else ""
