"""Reading what a request says, with errors that name the parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from grok_tree.errors import InvalidOperationError

T = TypeVar("T")

_PLACE = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_SHOWN = 200


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of the bodies of requests: what is not known is refused, not ignored."""


def bad(message: str, param: str) -> InvalidOperationError:
    """Return the error of one parameter."""
    return InvalidOperationError(message, param=param)


def reader(kind: type[T]) -> Callable[[bytes], T]:
    """Return what reads bodies of one type.

    What it returns raises InvalidOperationError for a body that is no JSON, or not of the type.
    """
    decode = msgspec.json.Decoder(kind).decode

    def read(body: bytes) -> T:
        try:
            return decode(body)
        except msgspec.ValidationError as error:
            raise _misfit(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidOperationError(f"the body is not JSON ({error})"[:_SHOWN]) from None

    return read


def refuse_set(body: Body, reasons: Mapping[str, str]) -> None:
    """Refuse parameters that cannot be honoured and would change the answer.

    Args:
        body: The request; what is null, or empty, is not set.
        reasons: By the name of a parameter, why and what to do.

    Raises:
        InvalidOperationError: Naming the first that is set.
    """
    for name, reason in reasons.items():
        if getattr(body, name) not in (None, {}, [], False, ""):
            raise bad(f"{name} cannot be honoured here: {reason}", name)


def as_text(value: Any) -> str:
    """Return a JSON value as compact text."""
    return msgspec.json.encode(value).decode()


def _misfit(text: str) -> InvalidOperationError:
    found = _PLACE.search(text)
    place, said = (found[1], text[: found.start()]) if found else ("", text)
    if unknown := _UNKNOWN.fullmatch(said):
        name = unknown[1][:_SHOWN]
        return bad(
            f"{name} is no parameter that is known here; leave it out (docs/doors.md lists them)",
            name,
        )
    return bad(f"{place or 'the body'}: {said}"[:_SHOWN], place[:_SHOWN])
