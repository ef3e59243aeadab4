"""Values of the wrong type, as files that people or scripts touched have them."""

from __future__ import annotations

import math
from typing import Any

from grok_tree.formats._json import decoded_json, raw_json

NO_TEXT = "text_inferred: its text is no text; it is kept as JSON"


def text_of(value: Any, mended: list[str]) -> str:
    """Return a message's text; what is none stays as JSON, so that nothing is lost.

    Args:
        value: What stands where the text should.
        mended: Takes a sentence when it was no text.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    mended.append(NO_TEXT)
    return raw_json([value])[1:-1]


def name_of(value: Any) -> str:
    """Return a short text such as a title, the empty one for what is none."""
    return value if isinstance(value, str) else ""


def key_of(value: Any) -> str | None:
    """Return an id, which may also be a whole number; None for what is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def object_of(value: Any) -> dict[str, Any]:
    """Return an object, an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return a list, an empty one for what is none."""
    return value if isinstance(value, list) else []


def number_of(value: Any) -> float | None:
    """Return a number, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def logprob_of(value: Any) -> float | None:
    """Return a log-probability, also that of a probability of 0, which JSON has as a text only."""
    return -math.inf if value == "-Infinity" else number_of(value)


def objects_in(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, nothing for what is none."""
    return [one for one in list_of(value) if isinstance(one, dict)]


def count_of(value: Any) -> int:
    """Return a number that is a count, 0 for what is none."""
    return value if type(value) is int and 0 <= value < 2**53 else 0


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an object without what fields hold already."""
    return {name: one for name, one in value.items() if name not in names}


def raw_with(raw: str, name: str, value: dict[str, Any]) -> str:
    """Return what is kept of a node together with what belongs to its whole conversation.

    Args:
        raw: JSON text of an object, or the empty text.
        name: What to call it.
        value: What to add; what is empty in it is left out.
    """
    kept = {key: one for key, one in value.items() if one not in (None, "", [], {})}
    if not kept:
        return raw
    own = decoded_json(raw.encode(), dict[str, Any]) if raw else {}
    return raw_json({**own, name: kept})
