"""Files beside a database that are only there while something is being made."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

COPYING = ".copying-"
"""Begins, after the database's name, that of a folder in which a backup is made."""

RESTORING = ".restoring"
"""Ends the name of what will take the place of a database."""

_KEPT = re.compile(r"\.schema-\d+")
_UNFINISHED = re.compile(
    rf"({re.escape(COPYING)}|{re.escape(RESTORING)}(-|$)|{_KEPT.pattern}\.new).*"
)


def kept_name(path: Path, version: int) -> Path:
    """Return the name of the copy that is kept of a database before its upgrade."""
    return path.with_name(f"{path.name}.schema-{version}")


def kept_copies(path: Path) -> list[Path]:
    """Return the copies that were kept before upgrades of a database."""
    return [one for one, ending in _beside(path) if _KEPT.fullmatch(ending)]


def discard_unfinished(path: Path) -> None:
    """Remove what killed processes have left beside a database; it must be owned.

    Raises:
        OSError: Something cannot be removed.
    """
    for one, ending in _beside(path):
        if not _UNFINISHED.fullmatch(ending):
            continue
        if one.is_dir():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)


def _beside(path: Path) -> list[tuple[Path, str]]:
    """Return the files that are named as a database is, and how their names end."""
    n = len(path.name)
    return [(one, one.name[n:]) for one in path.parent.iterdir() if one.name.startswith(path.name)]
