"""A process that runs a server, changes things, and writes down each acknowledgement.

``python -m tests.faults._diary DATABASE DIARY N_CHANGES SEED``; made to be traced.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Iterable
from pathlib import Path

import anyio

from tests.faults._clients import Kind, Scribe, Told
from tests.faults._servers import Phoenix, calls_to

N_CLIENTS = 4


class Diary(Told):
    """Writes down at once everything that it is told, a line each."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def take(self, kind: Kind, key: str, text: str = "") -> None:
        super().take(kind, key, text)
        os.write(self._file, json.dumps([kind, key, text]).encode() + b"\n")


def told_by(lines: Iterable[bytes]) -> Told:
    """Return what a diary says up to some line."""
    told = Told()
    for line in lines:
        told.take(*json.loads(line))
    return told


async def live(database: Path, diary: Path, n_changes: int, seed: str) -> None:
    told = Diary(diary)
    numbers = iter(range(n_changes))

    async def write(host: str, name: str) -> None:
        async with calls_to(host) as calls:
            scribe = Scribe(name, calls, told, random.Random(f"{seed} {name}"))
            await scribe.begin()
            for _ in numbers:
                await scribe.work()

    with Phoenix(database) as phoenix:
        async with anyio.create_task_group() as tasks:
            for number in range(N_CLIENTS):
                tasks.start_soon(write, phoenix.host, f"client {number}")


if __name__ == "__main__":
    anyio.run(live, Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
