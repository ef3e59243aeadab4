"""What a label may be: a function, stored scores, patterns, or outcomes by id."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response

Outcome = str | bool | int | float
"""How something ended: a kind (text, truth or whole number) or, as a float, a quantity."""

Label = Callable[[Response], Outcome | None] | Mapping[str, Outcome]
"""From a response to its outcome (None leaves it out), or outcomes by id."""


def score(name: str) -> Callable[[Response], float | None]:
    """Return the label that reads a stored score; a response without it is left out."""

    def read(response: Response) -> float | None:
        value = response.marks.scores.get(name)
        return None if value is None else float(value)

    return read


def matches(
    pattern: str | Mapping[str, str], *, otherwise: str | None = "other"
) -> Callable[[Response], Outcome | None]:
    """Return the label that looks for a regular expression in a message.

    Args:
        pattern: One expression, for outcomes True and False; or outcomes and their expressions, of
            which the first that is found counts.
        otherwise: The outcome where none of several is found; None leaves the response out.

    Raises:
        InvalidOperationError: An expression is broken.
    """
    if isinstance(pattern, str):
        wanted = _compiled(pattern)
        return lambda response: wanted.search(response.message) is not None
    named = {name: _compiled(expression) for name, expression in pattern.items()}

    def first_found(response: Response) -> str | None:
        found = (name for name, one in named.items() if one.search(response.message))
        return next(found, otherwise)

    return first_found


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InvalidOperationError(
            f"{pattern!r} is not a regular expression: {error}; mend it, or escape what is meant"
            " as it stands"
        ) from error
