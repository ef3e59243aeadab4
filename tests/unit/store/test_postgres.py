"""PostgreSQL: one owner, nothing of others touched, no secret told, and back when it is back."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from grok_tree.errors import (
    AlreadyExists,
    InvalidOperationError,
    SchemaTooNew,
    StoreBusy,
    StoreError,
    StoreForeign,
)
from grok_tree.forest import ConversationChange, id_bytes
from grok_tree.store import Store, Writer, read_owner
from grok_tree.store._database import SCHEMA_VERSION
from grok_tree.store._migrate import migrate
from grok_tree.store._postgres import _OWNING, PostgresDatabase
from tests.patience import PATIENCE_S
from tests.postgres import fresh_schema
from tests.unit.store._shelf import NOW, add_conversation, add_one, drafted, read, write

HOLD = """
import sys
from grok_tree.store import Store
store = Store.open(sys.argv[1])
store.announce("unix:/somewhere")
print("open", flush=True)
sys.stdin.read()
"""


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def shape_of(url: str) -> dict[str, object]:
    engine = create_engine(url, poolclass=NullPool)
    found = inspect(engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
            sorted((str(i["name"]), i["unique"]) for i in found.get_indexes(table)),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def test_a_database_has_one_owner_who_is_named(postgres_url: str) -> None:
    command = [sys.executable, "-c", HOLD, postgres_url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreBusy, match=str(holder.pid)) as refused:
            Store.open(postgres_url)
        owner = read_owner(postgres_url)
        holder.kill()
    assert refused.value.details == {"pid": holder.pid, "endpoint": "unix:/somewhere"}
    assert owner is not None
    assert (owner.pid, owner.endpoint) == (holder.pid, "unix:/somewhere")
    Store.open(postgres_url).close()
    assert read_owner(postgres_url) is None


def test_the_migrations_make_the_same_tables_as_a_new_database(postgres_url: str) -> None:
    Store.open(postgres_url).close()
    with fresh_schema() as other:
        migrate(PostgresDatabase(make_url(other)))
        assert shape_of(other) == shape_of(postgres_url)
        store = Store.open(other)
        made = add_conversation(store, "kept")
        assert read(store, lambda reader: reader.conversation(made)).title == "kept"
        store.close()


def test_an_older_schema_is_brought_up_to_date(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    made = add_conversation(store, "kept")
    store.close()
    for table in (
        "recorded_path",
        "recorded_group",
        "reservation",
        "budget",
        "attached",
        "file",
        "mirrored",
    ):
        run(postgres_url, f"DROP TABLE {table}")
    run(postgres_url, "DROP TABLE meta")
    run(postgres_url, "DROP INDEX response_hidden")
    run(postgres_url, "UPDATE alembic_version SET version_num = '0001'")
    again = Store.open(postgres_url)
    assert read(again, lambda reader: reader.conversation(made)).title == "kept"
    again.close()
    assert run(postgres_url, "SELECT version_num FROM alembic_version") == [
        (f"{SCHEMA_VERSION:04d}",)
    ]


def test_a_newer_schema_is_refused(postgres_url: str) -> None:
    Store.open(postgres_url).close()
    run(postgres_url, "UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(SchemaTooNew, match="99"):
        Store.open(postgres_url)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE response (words text)",
        "CREATE TABLE meta (name text)",
        "CREATE TABLE alembic_version (version_num varchar(32))",
    ],
)
def test_tables_of_others_are_refused_and_left_as_they_are(
    postgres_url: str, statement: str
) -> None:
    run(postgres_url, statement)
    before = shape_of(postgres_url)
    with pytest.raises(StoreForeign, match="left as it is"):
        Store.open(postgres_url)
    assert shape_of(postgres_url) == before


def test_a_database_that_is_not_there_is_not_made_when_none_was_asked_for(
    postgres_url: str,
) -> None:
    with pytest.raises(StoreForeign, match="there is no database"):
        Store.open(postgres_url, create=False)
    assert shape_of(postgres_url) == {}


def test_no_message_tells_the_password() -> None:
    url = "postgresql://somebody:canary-1@127.0.0.1:1/nothing?password=canary-2"
    with pytest.raises(StoreError, match="does not answer") as refused:
        Store.open(url)
    shown = f"{refused.value} {refused.value.details} {PostgresDatabase(make_url(url)).description}"
    assert "canary" not in shown
    assert "somebody" not in shown


def test_a_url_that_cannot_be_read_is_refused_without_telling_it() -> None:
    with pytest.raises(InvalidOperationError, match="cannot be read") as refused:
        Store.open("postgresql://user:canary@host:port:port/x")
    assert "canary" not in str(refused.value)


def test_lost_connections_fail_one_call_and_the_next_one_works(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    home = add_conversation(store, "kept")
    run(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE application_name LIKE 'grok\\_tree {os.getpid()}@%'",
    )
    with pytest.raises(StoreError, match="does not answer"):
        add_one(store, home)
    made = add_one(store, home, "after")
    assert read(store, lambda reader: reader.response(made)).message == "after"
    owner = read_owner(postgres_url)
    store.close()
    assert owner is not None


def test_whoever_takes_the_lost_lock_of_an_owner_who_still_writes_is_refused(
    postgres_url: str,
) -> None:
    store = Store.open(postgres_url)
    home = add_conversation(store)
    run(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        f" AND classid = {_OWNING} AND objid = hashtext(current_schema())::bigint & 4294967295",
    )
    with pytest.raises(StoreBusy, match=rf"process {os.getpid()} "):
        Store.open(postgres_url)
    assert add_one(store, home)
    store.close()
    Store.open(postgres_url).close()


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_work_that_met_others_runs_again(postgres_url: str, sqlstate: str) -> None:
    store = Store.open(postgres_url)
    home = add_conversation(store)
    n_runs = count(1)

    def work(writer: Writer) -> None:
        writer.update_conversation(home, ConversationChange(title="again"), NOW)
        if next(n_runs) < 3:
            writer._connection.exec_driver_sql(
                f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END $$"
            )

    write(store, work)
    assert next(n_runs) == 4
    found = read(store, lambda reader: reader.conversation(home))
    assert (found.title, found.revision) == ("again", 2)
    store.close()


def test_work_that_always_meets_others_fails_in_the_end(postgres_url: str) -> None:
    store = Store.open(postgres_url)

    def work(writer: Writer) -> None:
        writer._connection.exec_driver_sql(
            "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"
        )

    with pytest.raises(StoreError, match="try again"):
        write(store, work)
    assert add_conversation(store)
    store.close()


def test_no_plan_outlives_the_size_that_it_was_made_for(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    mode = write(
        store, lambda writer: writer._connection.exec_driver_sql("SHOW plan_cache_mode").scalar()
    )
    assert mode == "force_custom_plan"
    store.close()


def test_a_deadlock_with_another_session_is_survived(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    # The database chooses who gives way: as a rule who waited first, but not on a busy machine.
    assert any(_store_gives_way(store, postgres_url) for _ in range(5))
    store.close()


def _store_gives_way(store: Store, url: str) -> bool:
    """Whether the store, not the other session of a deadlock, was told to give way."""
    first, second = add_conversation(store), add_conversation(store)
    has_second = threading.Event()
    n_runs = count(1)

    def work(writer: Writer) -> None:
        next(n_runs)
        assert has_second.wait(PATIENCE_S)
        writer.update_conversation(first, ConversationChange(title="both"), NOW)
        writer.update_conversation(second, ConversationChange(title="both"), NOW)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(_lock_the_other_way, url, first, second, has_second)
        write(store, work)
        got_both = other.result(30)
    with store.read() as reader:
        found = [reader.conversation(one) for one in (first, second)]
    assert [(one.title, one.revision) for one in found] == [("both", 2), ("both", 2)]
    n_done = next(n_runs) - 1
    assert n_done > 1 or not got_both
    return got_both


def _lock_the_other_way(url: str, first: str, second: str, has_second: threading.Event) -> bool:
    """Lock `second`, then `first` as soon as somebody waits for `second`: False if refused."""
    engine = create_engine(url, poolclass=NullPool)
    lock = text("SELECT 1 FROM conversation WHERE id = :id FOR UPDATE")
    somebody_waits = text(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    try:
        with engine.begin() as other:
            other.execute(lock, {"id": id_bytes(second)})
            has_second.set()
            while other.execute(somebody_waits).scalar() == 0:
                pass
            other.execute(lock, {"id": id_bytes(first)})
    except OperationalError:
        return False
    return True


def test_positions_are_given_out_under_the_lock_of_the_conversation(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    home = add_conversation(store)
    engine = create_engine(postgres_url, poolclass=NullPool)
    with engine.begin() as other:
        locked = text("SELECT 1 FROM conversation WHERE id = :id FOR UPDATE")
        other.execute(locked, {"id": id_bytes(home)})
        with pytest.raises(StoreError, match="lock timeout"):
            write(store, lambda writer: _add_within(writer, home, "50ms"))
    assert add_one(store, home)
    store.close()


def _add_within(writer: Writer, home: str, patience: str) -> None:
    writer._connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}'")
    writer.add_responses(home, [drafted()], now=NOW)


def test_a_schema_that_is_not_there_is_named_as_the_reason(postgres_url: str) -> None:
    url = make_url(postgres_url).update_query_dict({"options": "-csearch_path=grok_tree_nowhere"})
    with pytest.raises(StoreError, match="has no schema"):
        Store.open(url.render_as_string(hide_password=False))


def test_the_url_says_how_patient_its_connections_are() -> None:
    database = PostgresDatabase(make_url("postgresql:///nothing?connect_timeout=3"))
    assert "connect_timeout" not in database._connect_args()
    assert "tcp_user_timeout" in database._connect_args()


@pytest.mark.parametrize(("durable", "expected"), [(True, "on"), (False, "off")])
def test_what_is_acknowledged_waits_for_the_disk(
    postgres_url: str, *, durable: bool, expected: str
) -> None:
    store = Store.open(postgres_url)
    shown = store.submit(
        lambda writer: writer._connection.exec_driver_sql("SHOW synchronous_commit").scalar(),
        durable=durable,
    ).result()
    store.close()
    assert shown == expected


def test_a_failing_piece_of_work_harms_no_other(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    home = add_conversation(store)
    made = add_one(store, home)

    def share() -> None:
        write(store, lambda writer: writer.add_share("a" * 32, made, NOW))

    share()
    with pytest.raises(AlreadyExists, match="an id is taken"):
        share()
    assert add_one(store, home)
    store.close()


def test_changed_texts_are_named(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    made = add_one(store, add_conversation(store), "as it was")
    assert store.check() == []
    run(postgres_url, "UPDATE response SET message = 'as it never was'")
    problems = store.check()
    store.close()
    assert len(problems) == 1
    assert made in problems[0]


def test_without_the_driver_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError\n")
    program = (
        "from grok_tree.store import Store\nfrom grok_tree.errors import ExtraMissing\n"
        "try:\n    Store.open('postgresql:///nothing')\n"
        "except ExtraMissing as error:\n    print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "grok-tree[postgres]" in told.stdout
