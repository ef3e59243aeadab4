"""How a sampling looks in a notebook while it runs and afterwards: inert HTML."""

from __future__ import annotations

from grok_tree import analysis
from grok_tree.client._call import Call
from grok_tree.forest import Token


def sampling_html(call: Call) -> str:
    """Return what has come of a sampling."""
    started, ended = call.started, dict(call.ended)
    if started is None:
        state = "that runs" if call.runs else "that was not begun; iterate or await it"
        return f"<p>A sampling {state}</p>"
    texts = _texts(call, len(started.response_ids))
    samples = [ended[i].response if i in ended else text for i, text in enumerate(texts)]
    answers = "1 answer" if len(samples) == 1 else f"{len(samples):,} answers"
    asked = started.human_response
    prompt = f" to {' '.join(asked.message[:200].split())!r}" if asked else ""
    missing = len(samples) - len(ended)
    state = f", {missing:,} {'being sampled' if call.runs else 'missing'}" if missing else ""
    return analysis.responses_html(samples, caption=f"{answers}{prompt}{state}")


def _texts(call: Call, n: int) -> list[str]:
    """Return what has come of each sibling's text; more may come meanwhile, in another thread."""
    pieces: list[list[str]] = [[] for _ in range(n)]
    for place in range(len(call.log)):
        event = call.log[place]
        if isinstance(event, Token):
            pieces[event.index].append(event.text)
    return list(map("".join, pieces))
