"""What the marks of a picture stand for: kinds, each with a colour and a shape, or quantities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, get_args

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response, Sender

By = str | Callable[[Response], Any] | Mapping[str, Any]
"""The name of a field such as ``"sender"`` or ``"settings.temperature"``, a function of a response,
or values by id."""

NOTHING = "none"
"""The kind of responses without a value."""

_OTHERS = "others"
_SENDERS: tuple[str, ...] = get_args(Sender)


@dataclass(frozen=True)
class Coloured:
    """Values of responses, sorted into kinds or read as quantities.

    Attributes:
        name: Of what the values are.
        kinds: Names in the order of how many there are, of responses without a value last.
        kind_of: The place of each response's kind.
        quantities: Instead of kinds: a number for each, not a number where there is none.
    """

    name: str
    kinds: Sequence[str] = ()
    kind_of: Sequence[int] = ()
    quantities: Sequence[float] | None = None


def values_of(responses: Sequence[Response], by: By) -> list[Any]:
    """Return a value for each response, None where there is none.

    Raises:
        InvalidOperationError: A response has no such field.
    """
    if isinstance(by, str):
        try:
            return [attrgetter(by)(response) for response in responses]
        except AttributeError as error:
            raise InvalidOperationError(
                f"a response has no field {by!r}: {error}; name one such as 'sender', 'model_name'"
                " or 'settings.temperature', or give a function of a response"
            ) from error
    if isinstance(by, Mapping):
        return [by.get(response.response_id) for response in responses]
    return [by(response) for response in responses]


def coloured(responses: Sequence[Response], by: By, *, most: int) -> Coloured:
    """Sort responses by a value.

    Args:
        responses: Whose.
        by: Which value; floats, and more whole numbers than `most`, are quantities.
        most: Different kinds; what is rarer becomes one kind.
    """
    values = values_of(responses, by)
    name = by if isinstance(by, str) else getattr(by, "__name__", "").replace("<lambda>", "")
    numbers = [value for value in values if _is_number(value)]
    is_all = len(numbers) == sum(value is not None for value in values) > 0
    if is_all and (any(isinstance(one, float) for one in numbers) or len(set(numbers)) > most):
        return Coloured(
            name, quantities=[float("nan") if value is None else float(value) for value in values]
        )
    names = [NOTHING if value in (None, "") else str(value) for value in values]
    ranked = [kind for kind, _ in Counter(names).most_common() if kind != NOTHING]
    if set(ranked) <= set(_SENDERS):
        ranked = list(_SENDERS)  # the same colours in every picture
    if len(ranked) > most:
        ranked = [*ranked[: most - 1], _OTHERS]
    places = {kind: place for place, kind in enumerate([*ranked, NOTHING])}
    return Coloured(name, list(places), [places.get(kind, len(ranked) - 1) for kind in names])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
