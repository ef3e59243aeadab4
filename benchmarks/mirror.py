"""What opening a large forest from the mirror costs, beside reading the same rows with sqlite3."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._many import fill
from benchmarks._measure import Row, alternate, compared
from benchmarks._servers import grok_tree_server
from grok_tree import Client
from grok_tree.client._mirror_files import MIRROR_OF, mirror_path
from grok_tree.store import Cursor, Store, Writer


def rows(*, quick: bool) -> list[Row]:
    """Measure CPU and memory of a client whose mirror is up to date with the server."""
    n_responses, rounds = (20_000, 1) if quick else (1_000_000, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["GROK_TREE_CACHE"] = str(folder / "cache")
        store = Store.open(folder / "bench.db")
        conversation = fill(store, n_responses)
        store.submit(lambda writer: writer.index_rest()).result()
        store.close()
        with grok_tree_server(folder) as address:
            mirror = mirror_path(folder / "cache" / "mirrors", address, "local")
            _make_mirror(folder / "bench.db", mirror, conversation)
            _opened(address, conversation)  # loads the libraries
            figures = alternate(
                {
                    "ours": lambda: 1e3 * _opened(address, conversation),
                    "sqlite3 fetchall": lambda: 1e3 * _fetched(mirror),
                },
                rounds,
            )
            n_bytes = _memory(address, conversation) / n_responses
    return [
        compared(
            f"open {n_responses:,} responses, CPU",
            figures,
            unit="ms CPU",
            goal="<= 0.3x",
            beside="sqlite3 fetchall",
        ),
        Row("the same, memory a response", n_bytes, None, None, "bytes", "<= 64 bytes", ""),
    ]


def _make_mirror(database: Path, mirror: Path, conversation: str) -> None:
    """Copy a database and make a mirror of the copy, which is quicker than over the wire."""
    mirror.parent.mkdir(parents=True)
    source, copy = sqlite3.connect(database), sqlite3.connect(mirror)
    source.backup(copy)
    source.close()
    copy.close()
    store = Store.open(mirror)
    now = datetime.now(UTC)

    def finish(writer: Writer) -> None:
        value = writer.conversation(conversation)
        writer.set_meta(MIRROR_OF, writer.database_id())
        writer.apply_changes(value, [], Cursor(value.revision, -1), now=now)

    store.submit(finish).result()
    store.close()


def _opened(address: str, conversation: str) -> float:
    """Return the CPU seconds of opening the forest; nothing may travel but that nothing changed."""
    begun = time.process_time()
    with Client(address) as client:
        opened = client.grok.get_conversation(conversation)
        assert opened.stale_since is None
        assert len(opened.forest) == opened.value.n_responses
        return time.process_time() - begun


def _fetched(mirror: Path) -> float:
    connection = sqlite3.connect(mirror)
    begun = time.process_time()
    assert connection.execute("SELECT * FROM response").fetchall()
    spent = time.process_time() - begun
    connection.close()
    return spent


def _memory(address: str, conversation: str) -> float:
    """Return the bytes that an open forest holds, with its index of children."""
    with Client(address) as client:
        client.grok.get_conversation(conversation)
        tracemalloc.start()
        opened = client.grok.get_conversation(conversation)
        assert opened.forest.tips
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return held
