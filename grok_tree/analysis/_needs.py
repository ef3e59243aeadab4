"""Libraries that come with the extra ``analysis``, asked for where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from grok_tree.errors import ExtraMissing

_OUTSIDE = {"pandas", "polars"}
"""Libraries of the user's own choice, in no extra."""


def needed(name: str, what_for: str) -> Any:
    """Import a library.

    Args:
        name: The module's.
        what_for: What cannot be done without, for the message.

    Raises:
        ExtraMissing: It is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise missing(error.name or name, what_for) from error


def missing(name: str, what_for: str) -> ExtraMissing:
    """Return the error that says how to get a library."""
    package = name.partition(".")[0]
    wanted = package if package in _OUTSIDE else '"grok-tree[analysis]"'
    return ExtraMissing(
        f"{what_for} needs {package}, which is not installed; python -m pip install {wanted}"
    )
