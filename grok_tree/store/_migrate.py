"""Bringing an older database to this release's schema, step by step."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from grok_tree.store import _dialect as dialect

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Path) -> None:
    """Run every migration that the file has not seen, each in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = dialect.writer_engine(database)
    with dialect.storage_errors(database), engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        dialect.mark_as_current(connection)
        connection.commit()
    engine.dispose()
