"""Files with something wrong in them: bytes, values, ids, cells, members of archives."""

from __future__ import annotations

import io
import json
import random
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

LARGE = 30_000
"""Above this many bytes, only some elements or lines of a file are kept."""

_ID = re.compile(r"(?i)id|uuid|parent|child|current|leaf|key|prev|next|root|head|ref|_from|_to")


_DEEP = "stands for what is nested deeply"


def _deep(opening: str, closing: str) -> str:
    return opening * 3_000 + closing * 3_000


ODD_BYTES: tuple[bytes, ...] = (
    b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\0", rb"\u0000", rb"\ud800", rb"\udc00", b'"',
    b"\\", b"{", b"}", b"[", b"]", b",", b":", b"NaN", b"1e999", b"-1", b"9" * 5_000, b"null",
    b"\n", b"\r", b"[[[[[", b"<!DOCTYPE a>", b"<details>", b"PK\x03\x04", b"\x1f\x8b",
    _deep("[", "]").encode(),
)  # fmt: skip

ODD_VALUES: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: True,
    lambda: 0,
    lambda: -1,
    lambda: 2**63,
    lambda: -(2**70),
    lambda: 1e308,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: 10**400,
    lambda: "",
    lambda: " ",
    lambda: "x",
    lambda: "\0",
    lambda: "\ud800",
    lambda: "1e400",
    lambda: "-99999999999999999999",
    lambda: "0001-01-01T00:00:00+14:00",
    lambda: "9999-12-31T23:59:59-12:00",
    lambda: "a\n\u2028b\x1b[2J",
    lambda: "y" * 200_000,
    lambda: _DEEP,
    lambda: _DEEP,
    lambda: [],
    lambda: {},
    lambda: [None],
    lambda: [[]],
    lambda: [{}],
    lambda: ["", 0],
    lambda: {"": None},
    lambda: {"type": "text", "text": None},
    lambda: {"$date": {"$numberLong": "x"}},
    lambda: [{"type": 1, "id": []}],
)

Spot = tuple[Any, Any]
"""A list or a dictionary, and a place or a name in it."""


class Mutations:
    """Makes broken files out of sound ones; the same ones for the same randomness."""

    def __init__(self, randomness: random.Random, samples: list[bytes]) -> None:
        self._random = randomness
        self._samples = samples

    def next(self) -> bytes:
        """Return one of the samples with something wrong in it."""
        sample = self._random.choice(self._samples)
        if sample.startswith(b"PK"):
            return self._in_archive(sample)
        if sample.startswith(b"SQLite"):
            return self._in_cells(sample)
        if len(sample) > LARGE and (lines := sample.split(b"\n"))[0].endswith(b"}"):
            sample = b"\n".join([lines[0], *self._some(lines[1:])])
        if self._random.random() < 0.35:
            return self._in_bytes(sample)
        return self._in_values(sample)

    def _in_bytes(self, data: bytes) -> bytes:
        some = bytearray(data)
        for _ in range(self._few()):
            at = self._random.randrange(len(some) + 1)
            until = min(len(some), at + self._random.choice((1, 1, 2, 10, 1_000)))
            instead = (
                b"",
                bytes([self._random.randrange(256)]),
                self._random.choice(ODD_BYTES),
                bytes(some[at:until]) * 2,
                self._slice(self._random.choice(self._samples)),
            )
            some[at:until] = self._random.choice(instead)
        cut = self._random.randrange(len(some) + 1)
        return bytes(some[:cut] if self._random.random() < 0.2 else some)

    def _slice(self, data: bytes) -> bytes:
        at = self._random.randrange(len(data) + 1)
        return data[at : at + 200]

    def _in_values(self, data: bytes) -> bytes:
        """Break values of JSON, or of some lines of JSON; of anything else, bytes."""
        try:
            whole = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError):
            return self._in_lines(data)
        if isinstance(whole, list) and len(data) > LARGE:
            whole = self._some(whole)
        return self._broken(whole)

    def _in_lines(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        for _ in range(self._few()):
            at = self._random.randrange(len(lines))
            try:
                lines[at] = self._broken(json.loads(lines[at]))
            except (ValueError, RecursionError):
                return self._in_bytes(data)
        return b"\n".join(lines)

    def _broken(self, value: Any) -> bytes:
        for _ in range(self._few()):
            if spots := list(_spots(value)):
                self._break(spots)
        return (
            json.dumps(value).encode().replace(json.dumps(_DEEP).encode(), _deep("[", "]").encode())
        )

    def _break(self, spots: list[Spot]) -> None:
        names = [spot for spot in spots if _is_name(*spot)]
        container, key = self._random.choice(names if names and self._chance(0.5) else spots)
        turn = self._random.randrange(8)
        if turn < 2 and names:
            other, place = self._random.choice(names)
            container[key] = other[place]
        elif turn < 3 and isinstance(container, dict):
            container[key] = self._random.choice(list(container.values()))
        elif turn < 4:
            del container[key]
        elif turn < 5 and isinstance(container, list):
            container.insert(self._random.randrange(len(container) + 1), container[key])
        elif turn < 6 and isinstance(container, dict) and isinstance(container[key], str):
            value = container.pop(key)
            container[value] = value
        else:
            container[key] = self._random.choice(ODD_VALUES)()

    def _in_archive(self, data: bytes) -> bytes:
        if self._chance(0.3):
            return self._in_bytes(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            try:
                files = [(info.filename, archive.read(info)) for info in archive.infolist()]
            except NotImplementedError:  # what only we unpack
                return self._in_bytes(data)
        for _ in range(self._few()):
            at = self._random.randrange(len(files))
            name, content = files[at]
            files[at] = (name, self._in_values(content) if content else b"x")
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(name, content)
        return made.getvalue()

    def _in_cells(self, data: bytes) -> bytes:
        if self._chance(0.3):
            return self._in_bytes(data)
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(data)
            for _ in range(self._few()):
                self._break_cell(database)
            database.commit()
            return database.serialize()

    def _break_cell(self, database: sqlite3.Connection) -> None:
        tables = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
            " AND sql NOT LIKE '%WITHOUT ROWID%'"
        )]  # fmt: skip
        table = self._random.choice(tables)
        columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
        rows = [row[0] for row in database.execute(f'SELECT rowid FROM "{table}" LIMIT 200')]
        if not rows:
            return
        column, row = self._random.choice(columns), self._random.choice(rows)
        try:
            if self._chance(0.1):
                database.execute(f'DROP TABLE "{table}"')
            elif self._chance(0.1):
                database.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "x"')
            else:
                value = self._cell(database, table)
                database.execute(
                    f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid = ?', (value, row)
                )
        except (sqlite3.Error, OverflowError, UnicodeEncodeError):
            pass  # not even a database takes this

    def _cell(self, database: sqlite3.Connection, table: str) -> Any:
        if self._chance(0.5):
            found = database.execute(
                f'SELECT * FROM "{table}" ORDER BY random() LIMIT 1'
            ).fetchone()
            return self._random.choice(found)
        value = self._random.choice(ODD_VALUES)()
        value = json.dumps(value) if isinstance(value, list | dict) else value
        return b"\xff\0" if self._chance(0.05) else value

    def _some(self, several: list[Any]) -> list[Any]:
        at = self._random.randrange(len(several))
        return several[at : at + 1 + self._random.randrange(8)]

    def _few(self) -> int:
        return self._random.choice((1, 1, 1, 2, 3, 8))

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def _spots(value: Any) -> Iterator[Spot]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict | list):
            places = list(one) if isinstance(one, dict) else range(len(one))
            for place in places:
                yield one, place
                left.append(one[place])


def _is_name(container: Any, key: Any) -> bool:
    if isinstance(container, dict):
        return isinstance(container[key], str | None) and bool(_ID.search(str(key)))
    return isinstance(container[key], str)
