"""The rules of the forest, in one table.

================  ====================================  =====================================
request           on a human (or system, tool) one      on a model's (assistant) one
================  ====================================  =====================================
sample under it   legal; the new response is its child  legal; the new response is its child
resample          refused                               a sibling is sampled below its parent
replace           a human sibling, and an answer to it  a sibling written by hand
resume            refused                               a partial one is continued, by a sibling
                                                        that begins with its text
fork at           refused                               a sibling keeps its beginning, may have
                                                        words forced, and is sampled on
================  ====================================  =====================================

Beside the table: an empty message needs a parent and samples without a human turn; the leaf moves
when something has succeeded, never before; nothing attaches to a deleted response; the number of
siblings is 1 to `MAX_SIBLINGS`; a model's root has no prompt, so it can only be replaced.
"""

from __future__ import annotations

import math
from typing import Literal

from grok_tree.errors import InvalidOperationError
from grok_tree.forest._ids import ResponseId
from grok_tree.forest._text import checked_field, checked_text
from grok_tree.forest._tools import check_tools
from grok_tree.forest._values import Response, Settings

MAX_SIBLINGS = 256

Action = Literal["resample", "replace"]
Consequence = Literal["refused", "sample_sibling", "human_sibling", "manual_sibling"]

CONSEQUENCES: dict[tuple[Action, bool], Consequence] = {
    ("resample", False): "refused",
    ("resample", True): "sample_sibling",
    ("replace", False): "human_sibling",
    ("replace", True): "manual_sibling",
}
"""(action, is it a model's response) to what follows."""


def consequence(action: Action, response: Response) -> Consequence:
    """Return what `action` on `response` means."""
    return CONSEQUENCES[action, response.sender == "assistant"]


def resample_parent(response: Response) -> ResponseId:
    """Return the response below which a sibling of `response` is sampled.

    Raises:
        InvalidOperationError: It is not a model's response, or has no parent to answer.
    """
    if consequence("resample", response) == "refused":
        message = (
            f"response {response.response_id} was written by {response.sender!r} and cannot be"
            " resampled; replace() it, or resample one of its children"
        )
        raise InvalidOperationError(message, response_id=response.response_id)
    if response.parent_response_id is None:
        message = (
            f"response {response.response_id} is a root: there is nothing before it to answer;"
            " replace() it with other text instead"
        )
        raise InvalidOperationError(message, response_id=response.response_id)
    return response.parent_response_id


def resume_parent(response: Response) -> ResponseId:
    """Return the response below which a sibling continues the partial `response`.

    Raises:
        InvalidOperationError: It is not a model's response, is complete, or has no parent.
    """
    refusal = ""
    if response.sender != "assistant":
        refusal = f"was written by {response.sender!r}; only a model's answer can be resumed"
    elif not response.partial:
        refusal = "is complete; resample() it, or reply() to it"
    elif response.parent_response_id is None:
        refusal = "is a root: there is nothing before it to answer"
    if refusal:
        message = f"response {response.response_id} cannot be resumed: it {refusal}"
        raise InvalidOperationError(message, response_id=response.response_id)
    assert response.parent_response_id is not None
    return response.parent_response_id


def fork_parent(response: Response, offset: int) -> ResponseId:
    """Return the response below which a sibling keeps the beginning of `response`.

    Args:
        response: The one whose beginning is kept.
        offset: How many characters of it.

    Raises:
        InvalidOperationError: It is not a model's response, has no parent, or is shorter.
    """
    refusal = ""
    if response.sender != "assistant":
        refusal = f"was written by {response.sender!r}; replace() it to say something else"
    elif response.parent_response_id is None:
        refusal = "is a root: there is nothing before it to answer"
    elif not 0 <= offset <= len(response.message):
        refusal = f"has {len(response.message):,} characters, so 0 to as many can be kept"
    if refusal:
        message = f"response {response.response_id} cannot be forked at {offset:,}: it {refusal}"
        raise InvalidOperationError(message, response_id=response.response_id)
    assert response.parent_response_id is not None
    return response.parent_response_id


def check_turn(message: str, parent_response_id: str | None, n: int) -> None:
    """Check a request to sample.

    Raises:
        InvalidOperationError: The message is empty and there is no parent, holds text that cannot
            be stored, or `n` is out of range.
    """
    if not message and not parent_response_id:
        raise InvalidOperationError(
            "an empty message samples below a parent, and there is none;"
            " give a message or a parent response"
        )
    checked_text(message, "message")
    if not 1 <= n <= MAX_SIBLINGS:
        raise InvalidOperationError(f"n is {n}; ask for 1 to {MAX_SIBLINGS} siblings")


def check_settings(settings: Settings) -> None:
    """Check that every setting is in its range.

    Raises:
        InvalidOperationError: Naming the first setting that is not.
    """
    _check_range("temperature", settings.temperature, 0.0, math.inf)
    _check_range("top_p", settings.top_p, 0.0, 1.0, above=True)
    _check_range("min_p", settings.min_p, 0.0, 1.0)
    _check_range("top_k", settings.top_k, 0, 2**31 - 1)
    _check_range("max_tokens", settings.max_tokens, 1, 2**31 - 1)
    _check_range("seed", settings.seed, 0, 2**63 - 1)
    _check_range("top_logprobs", settings.top_logprobs, 0, 20)
    _check_range("frequency_penalty", settings.frequency_penalty, -2.0, 2.0)
    _check_range("presence_penalty", settings.presence_penalty, -2.0, 2.0)
    check_tools(settings)
    for text in settings.stop:
        if not text:
            raise InvalidOperationError("a stop text is empty; leave it out")
        checked_field(text, "stop text")


def _check_range(
    name: str, value: float | None, low: float, high: float, *, above: bool = False
) -> None:
    if value is None:
        return
    low_holds = value > low if above else value >= low
    if math.isfinite(value) and low_holds and value <= high:
        return
    bound = f"{'above' if above else 'at least'} {low}"
    upper = "" if math.isinf(high) else f" and at most {high}"
    raise InvalidOperationError(f"{name} is {value}; it must be {bound}{upper}")
