"""What many responses take on disk, and how fast words are found in them."""

from __future__ import annotations

import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from benchmarks._many import COMMON, RARE, fill, parents, texts
from benchmarks._measure import Row, alternate, compared
from grok_tree.store import Store

_NAIVE = """
CREATE TABLE response (id TEXT PRIMARY KEY, conversation TEXT, parent TEXT, sender TEXT,
                       message TEXT, created TEXT, position INTEGER, revision INTEGER,
                       hidden INTEGER, content_hash TEXT);
CREATE INDEX by_parent ON response (conversation, parent);
CREATE INDEX by_position ON response (conversation, position);
CREATE INDEX by_revision ON response (conversation, revision);
CREATE VIRTUAL TABLE response_text USING fts5(message, content='response', content_rowid='rowid');
"""


def rows(*, quick: bool) -> list[Row]:
    """Measure both over one file of ours and one of a naive schema."""
    n_responses = 10_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        ours, naive = Path(folder) / "ours.db", Path(folder) / "naive.db"
        fill_naive(naive, n_responses)
        store = Store.open(ours)
        fill(store, n_responses)
        store.submit(lambda writer: writer.index_rest()).result()
        store.close()
        found = [_bytes_a_row(ours, naive, n_responses)]
        store = Store.open(ours)
        found += _searches(store, naive, n_responses)
        store.close()
    return found


def fill_naive(path: Path, n_responses: int) -> None:
    """Store the same responses as one would first write them, with the same indexes."""
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA journal_mode=WAL;" + _NAIVE)
    conversation = str(uuid.uuid1())
    ids = [str(uuid.uuid1()) for _ in range(n_responses)]
    with connection:
        connection.executemany(
            "INSERT INTO response VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    ids[number],
                    conversation,
                    ids[parent] if parent >= 0 else None,
                    "assistant" if number % 2 else "human",
                    text,
                    "2026-01-01T00:00:00.000000+00:00",
                    number,
                    1 + number // 1_000,
                    0,
                    "0" * 32,
                )
                for number, (text, parent) in enumerate(
                    zip(texts(n_responses), parents(n_responses), strict=True)
                )
            ),
        )
        connection.execute("INSERT INTO response_text(response_text) VALUES ('rebuild')")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _bytes_a_row(ours: Path, naive: Path, n_responses: int) -> Row:
    figures = {
        "ours": [ours.stat().st_size / n_responses],
        "text ids": [naive.stat().st_size / n_responses],
    }
    return compared(
        f"bytes a response on disk, {n_responses:,} with all indexes",
        figures,
        unit="bytes",
        goal="<= 0.85x",
        beside="text ids",
    )


def _searches(store: Store, naive: Path, n_responses: int) -> list[Row]:
    connection = sqlite3.connect(naive)
    like = "SELECT id FROM response WHERE message LIKE ? LIMIT 20"

    def search(word: str) -> None:
        with store.read() as reader:
            assert reader.search(word, limit=20).hits

    cases: dict[str, tuple[Callable[[], object], str]] = {
        "a rare word": (lambda: search(RARE), "<= 0.01x"),
        "the newest 20 of a 1 % word": (lambda: search(COMMON), "<= 50 ms"),
    }
    found = []
    for name, (ours, goal) in cases.items():
        figures = alternate(
            {
                "ours": lambda ours=ours: _milliseconds(ours),  # type: ignore[misc]
                "LIKE, a rare word": lambda: _milliseconds(
                    lambda: connection.execute(like, (f"%{RARE}%",)).fetchall()
                ),
            },
            5,
        )
        found.append(
            compared(
                f"search of {n_responses:,}: {name}",
                figures,
                unit="ms",
                goal=goal,
                beside="LIKE, a rare word",
            )
        )
    connection.close()
    return found


def _milliseconds(case: Callable[[], object]) -> float:
    begun = time.perf_counter()
    case()
    return (time.perf_counter() - begun) * 1_000
