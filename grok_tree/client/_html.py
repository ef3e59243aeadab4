"""How a sampling looks while it runs and afterwards: in a line, and in a notebook as inert HTML."""

from __future__ import annotations

from grok_tree import analysis
from grok_tree.client._call import Call
from grok_tree.forest import Token, counted


def sampling_line(call: Call, n: int) -> str:
    """Return how far a sampling is.

    Args:
        call: The call that samples.
        n: Answers that were asked for.
    """
    if call.started is not None:
        return f"{counted(n, 'answer')}{_missing(call, n)}"
    state = "being sampled" if call.runs else "failed" if call.error else "not begun"
    return f"{counted(n, 'answer')}, {state}"


def sampling_html(call: Call) -> str:
    """Return what has come of a sampling."""
    started, ended = call.started, dict(call.ended)
    if started is None:
        ended_as = "failed" if call.error else "was not begun; iterate or await it"
        return f"<p>A sampling that {'runs' if call.runs else ended_as}</p>"
    texts = _texts(call, len(started.response_ids))
    samples = [ended[i].response if i in ended else text for i, text in enumerate(texts)]
    answers = counted(len(samples), "answer")
    asked = started.human_response
    prompt = f" to {' '.join(asked.message[:200].split())!r}" if asked else ""
    caption = f"{answers}{prompt}{_missing(call, len(samples))}"
    return analysis.responses_html(samples, caption=caption)


def _missing(call: Call, n: int) -> str:
    """Return how many of `n` answers did not end yet."""
    missing = n - len(call.ended)
    return f", {missing:,} {'being sampled' if call.runs else 'missing'}" if missing else ""


def _texts(call: Call, n: int) -> list[str]:
    """Return what has come of each sibling's text; more may come meanwhile, in another thread."""
    pieces: list[list[str]] = [[] for _ in range(n)]
    for place in range(len(call.log)):
        event = call.log[place]
        if isinstance(event, Token):
            pieces[event.index].append(event.text)
    return list(map("".join, pieces))
