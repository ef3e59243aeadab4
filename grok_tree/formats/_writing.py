"""Writing forests in any format."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from grok_tree.errors import FormatNotFound, InvalidOperationError
from grok_tree.forest import Forest
from grok_tree.formats._format import Format
from grok_tree.formats._registry import find_format, known_formats

_NATIVE = "native"


def write(
    forests: Forest | Iterable[Forest],
    target: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,
    **options: str | int,
) -> int:
    """Write forests and return the number of responses.

    A file is complete or not there at all.

    Args:
        forests: One or several, written one after another.
        target: Where to, or an open file.
        format: Its name, as in `known_formats`; None: the native one, or what the file's ending
            says.
        options: Choices of the format.

    Raises:
        FormatNotFound: There is no such format, or it cannot be written.
        InvalidOperationError: The format has no such option, or an option no such value.
        ExtraMissing: The format needs a package that is not installed.
    """
    chosen = writable_format(format, target)
    given = checked_options(chosen, options)
    several = [forests] if isinstance(forests, Forest) else forests
    assert chosen.write is not None
    if not isinstance(target, str | os.PathLike):
        return chosen.write(several, target, **given)
    path = Path(target)
    # Beside the target and then renamed, so that a failure leaves an older file whole.
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            written = chosen.write(several, file, **given)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    return written


def checked_options(format: Format, given: dict[str, str | int]) -> dict[str, str | int]:
    """Return the options of a writer with their defaults.

    Raises:
        InvalidOperationError: One is not known, or has no such value.
    """
    known = {option.name: option for option in format.options}
    for name in given:
        if name not in known:
            offered = ", ".join(known) or "none"
            raise InvalidOperationError(
                f"the format {format.name!r} has no option {name!r}; it has: {offered}"
            )
    chosen: dict[str, str | int] = {}
    for name, option in known.items():
        if option.is_text:
            chosen[name] = str(given.get(name, ""))
        elif option.choices:
            value = str(given.get(name, option.choices[0]))
            if value not in option.choices:
                raise InvalidOperationError(
                    f"{name} of the format {format.name!r} is {value!r}; it must be one of:"
                    f" {', '.join(option.choices)}"
                )
            chosen[name] = value
        else:
            chosen[name] = _number(format, name, given.get(name, option.default))
    return chosen


def _number(format: Format, name: str, value: str | int) -> int:
    try:
        number = int(value)
    except ValueError:
        number = -1
    if number < 0:
        raise InvalidOperationError(
            f"{name} of the format {format.name!r} is {value!r}; give a whole number"
        )
    return number


def writable_format(
    name: str | None, target: str | os.PathLike[str] | BinaryIO | None = None
) -> Format:
    """Return the format that is to be written.

    Args:
        name: Its name; None: what the target's ending names beyond doubt, else the native one.
        target: Where to.

    Raises:
        FormatNotFound: There is no such format, or it cannot be written.
    """
    found = find_format(name or _name_for(target))
    if found.write is None:
        writable = ", ".join(sorted(one.name for one in known_formats() if one.write))
        raise FormatNotFound(
            f"the format {name!r} can be read, but not written; these can: {writable}"
        )
    return found


def _name_for(target: str | os.PathLike[str] | BinaryIO | None) -> str:
    if not isinstance(target, str | os.PathLike):
        return _NATIVE
    suffix = Path(target).suffix
    named = [one.name for one in known_formats() if one.write and one.suffix == suffix]
    return named[0] if len(named) == 1 else _NATIVE
