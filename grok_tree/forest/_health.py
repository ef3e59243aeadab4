"""How a database is."""

from __future__ import annotations

import msgspec


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What was found when a database was looked at.

    Attributes:
        database: A description, without secrets.
        problems: A sentence for each damage; empty when all is well.
        warnings: A sentence for each thing that may lead to damage.
        library: Name and version of the database library or server.
        size_bytes: Of the database, all its files together.
        free_bytes: On its disk; None where that is not known.
    """

    database: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    library: str = ""
    size_bytes: int = 0
    free_bytes: int | None = None
