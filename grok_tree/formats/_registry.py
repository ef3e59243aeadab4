"""Which formats there are: those of this package, and those of installed plug-ins."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from grok_tree.errors import FormatNotFound
from grok_tree.formats import _archive as archive
from grok_tree.formats import _native_format as native
from grok_tree.formats._format import Format
from grok_tree.formats._opening import Opened

GROUP = "grok_tree.formats"
"""Entry points of plug-ins; each is a `Format`."""

_ROOMS = ("research", "chats", "looms", "training", "pictures")
"""Packages of formats, each with ``FORMATS``, in the order in which they look at a file."""


@cache
def known_formats() -> tuple[Format, ...]:
    """Return every format, those of plug-ins last; of a broken plug-in, a warning tells."""
    rooms = (import_module(f"grok_tree.formats.{name}") for name in _ROOMS)
    own = [native.FORMAT, archive.FORMAT, *(one for room in rooms for one in room.FORMATS)]
    names = {one.name for one in own}
    plugged = (_plugged(point) for point in entry_points(group=GROUP))
    return (*own, *(one for one in plugged if one is not None and one.name not in names))


def _plugged(point: EntryPoint) -> Format | None:
    """Return the format of a plug-in; one that is broken must not take away the others."""
    try:
        found = point.load()
        if isinstance(found, Format):
            return found
        why = f"it is no Format but {type(found).__name__}"
    except Exception as error:  # whatever somebody else's module does when it is imported
        why = f"{type(error).__name__}: {error}"
    package = point.dist.name if point.dist else "an unknown package"
    warnings.warn(
        f"the format {point.name!r} of {package} cannot be used ({why}); mend or remove {package}",
        stacklevel=3,
    )
    return None


def find_format(name: str) -> Format:
    """Return the format of a name.

    Raises:
        FormatNotFound: There is none.
    """
    for one in known_formats():
        if one.name == name:
            return one
    names = ", ".join(sorted(one.name for one in known_formats()))
    raise FormatNotFound(f"there is no format {name!r}; there are: {names}")


def detect_format(source: Opened) -> Format:
    """Return the format of something that was opened.

    Raises:
        FormatNotFound: No format knows it.
    """
    for one in known_formats():
        if one.detect is not None and one.detect(source):
            return one
    step = "name its format"
    if source.is_folder:
        step = "name the files in it one by one, or their format"
    elif source.is_archive:
        step = "unpack it and name the files in it, or their format"
    raise FormatNotFound(
        f"no format knows {source.name or 'the input'}; {step}, or see what is known with:"
        " grok-tree formats",
        file=source.name,
    )
