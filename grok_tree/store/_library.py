"""Known defects of the SQLite library that Python was built with."""

from __future__ import annotations

import sqlite3

_WAL_RESET_BUG = ((3, 7, 0), (3, 51, 2))


def library_warning() -> str:
    """Return a warning about the SQLite library in use, empty when there is none."""
    first, last = _WAL_RESET_BUG
    if not first <= sqlite3.sqlite_version_info <= last:
        return ""
    return (
        f"SQLite {sqlite3.sqlite_version} can damage a file when two connections write or"
        " checkpoint at the same instant (fixed in 3.51.3); grok_tree writes through one"
        " connection only, so do not open its file with other programs while it runs"
    )
