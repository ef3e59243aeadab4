"""A label as a function of a response, however it was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grok_tree.analysis.labels._labels import Label, Outcome
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response

LARGEST = 1e100
"""The largest size of a quantity: its square is a number, too."""


def asking(label: Label) -> Callable[[Response], Outcome | None]:
    """Return a label as a function, whose outcomes are checked; see `checked`.

    Raises:
        InvalidOperationError: It is neither a function nor a mapping.
    """
    if callable(label):
        return lambda response: checked(label(response), response.response_id)
    if isinstance(label, Mapping):
        return lambda response: checked(label.get(response.response_id), response.response_id)
    raise InvalidOperationError(
        f"a label is a function of a response, or a mapping from ids to outcomes, not {label!r};"
        " score(name) and matches(pattern) make such functions"
    )


def checked(given: Any, response_id: str) -> Outcome | None:
    """Return what a label gives for a response, in plain Python; not a number is no outcome.

    Raises:
        InvalidOperationError: It cannot be an outcome, or is a quantity above 1e100 in size.
    """
    outcome = given.item() if isinstance(given, np.generic) else given
    if isinstance(outcome, str | int):
        return outcome
    if outcome is None or (isinstance(outcome, float) and outcome != outcome):
        return None
    if isinstance(outcome, float):
        if abs(outcome) > LARGEST:
            raise InvalidOperationError(
                f"the label gives {outcome} for response {response_id}; a quantity is at most 1e100"
                " in size, and None leaves a response out",
                response_id=response_id,
            )
        return outcome
    raise InvalidOperationError(
        f"the label gives {outcome!r} for response {response_id}; an outcome is a text, a truth, a"
        " number or None",
        response_id=response_id,
    )
