"""Both ways to a new file lead to the same tables."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from grok_tree.store import Store
from grok_tree.store._database import SCHEMA_VERSION
from grok_tree.store._migrate import migrate
from grok_tree.store._rows import ResponseRow
from grok_tree.store._selects import RESPONSE
from grok_tree.store._sqlite import APPLICATION_ID, SqliteFile
from tests.unit.store._shelf import add_conversation, read, shared_with
from tools.store_database import FOLDER, contents

NUMBERED = Path(__file__).parents[3] / "grok_tree" / "store" / "migrations" / "versions"


def tables_of(path: Path) -> dict[str, str]:
    """Return the statements of a file's schema by name, without alembic's own table."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        found = {name: re.sub(r"\W+", " ", sql).strip().lower() for name, sql in rows}
    return {name: sql for name, sql in found.items() if name != "alembic_version"}


def pragma(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def test_the_migrations_make_the_same_tables_as_a_new_file(tmp_path: Path) -> None:
    migrated, new = tmp_path / "migrated.db", tmp_path / "new.db"
    migrate(SqliteFile(migrated))
    Store.open(new).close()
    assert tables_of(migrated) == tables_of(new)
    assert pragma(migrated, "application_id") == APPLICATION_ID
    assert pragma(migrated, "user_version") == SCHEMA_VERSION


def test_an_older_file_is_brought_up_to_date_when_it_is_opened(path: Path) -> None:
    store = Store.open(path)
    made = add_conversation(store, "kept")
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=0")
    again = Store.open(path)
    assert read(again, lambda reader: reader.conversation(made)).title == "kept"
    again.close()
    assert pragma(path, "user_version") == SCHEMA_VERSION


def test_the_newest_migration_has_the_number_of_the_schema() -> None:
    assert max(int(file.name[:4]) for file in NUMBERED.glob("0*.py")) == SCHEMA_VERSION


def test_a_current_file_is_opened_without_alembic(path: Path) -> None:
    Store.open(path).close()
    program = (
        "import sys\nfrom grok_tree.store import Store\nStore.open(sys.argv[1]).close()\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)


def test_rows_are_decoded_in_the_order_in_which_they_are_asked_for() -> None:
    assert tuple(RESPONSE.selected_columns.keys()) == ResponseRow._fields


@pytest.mark.parametrize("release", sorted(FOLDER.glob("*.db")), ids=lambda path: path.stem)
def test_the_database_of_every_release_is_opened_without_loss(release: Path, path: Path) -> None:
    path.parent.mkdir()
    shutil.copy(release, path)
    store = Store.open(path)
    found = read(store, contents)
    problems = store.check()
    store.close()
    expected = msgspec.json.decode(release.with_suffix(".json").read_bytes())
    assert shared_with(msgspec.json.decode(msgspec.json.encode(found)), expected) == expected
    assert problems == []
