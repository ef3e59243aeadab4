"""Bringing an older database to this release's schema, step by step."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from grok_tree.store._database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Run every migration that the database has not seen, each in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = database.writer_engine()
    with database.errors(), engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        database.mark_as_current(connection)
        connection.commit()
    engine.dispose()
