"""R6: when the disk fails, the call says so or what it did lasts; reading goes on."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grok_tree.store import Store
from tests.faults._figures import Shown
from tests.faults._strace import Tracing, needs_strace
from tests.faults.test_power_cuts import everything_in

pytestmark = needs_strace()

ATTEMPT_LIMIT_S = 60.0
N_AT_ONCE = 2
KINDS = {
    "full": "pwrite64:error=ENOSPC",
    "broken": "pwrite64:error=EIO",
    "unsynced": "fdatasync:error=EIO",
}
OUR_ERRORS = {"StoreError", "SamplingInterrupted", "SamplingError"}
WAL = "".join(f"\\x{ord(letter):02x}" for letter in "-wal") + ">"
"""How the name of the write-ahead log ends in a trace."""

N_CHANGES = 6
"""That an unlucky process tries."""


@dataclass(frozen=True)
class Attempt:
    """What became of one process whose n-th write or sync failed.

    Attributes:
        was_hit: Whether it came so far that one failed.
        lines: What it said: kind, name and details of each attempt.
        log: The calls that it made.
    """

    database: Path
    was_hit: bool
    lines: list[list[Any]]
    log: str

    @property
    def failed(self) -> list[Any]:
        return [line[1:] for line in self.lines if line[0] == "failed"]

    @property
    def told(self) -> dict[str, str]:
        """Return every text that was acknowledged."""
        done = [line[2] for line in self.lines if line[0] == "done" and line[2]]
        return {key: text for texts in done for key, text in texts.items()}


def attempt(folder: Path, kind: str, n: int) -> Attempt:
    """Run an unlucky process whose n-th call of a kind fails in each of its threads."""
    folder.mkdir()
    database = folder / "forests.db"
    names = ("", "-wal", "-journal", ".new", ".new-journal")
    files = [Path(f"{database}{name}") for name in names]
    tracing = Tracing(
        files, calls="openat,close,pwrite64,fdatasync", injection=f"{kind}:when={n}", most_text=16
    )
    command = [sys.executable, "-m", "tests.faults._unlucky", str(database)]
    done = tracing.run(command, folder / "log", timeout_s=ATTEMPT_LIMIT_S)
    log = (folder / "log").read_text()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return Attempt(database, "(INJECTED)" in log, lines, log)


@pytest.mark.parametrize("disk", KINDS)
def test_a_failing_disk_is_reported_or_harmless(tmp_path: Path, shown: Shown, disk: str) -> None:
    kind, stride = KINDS[disk], shown.numbers[f"stride_{disk}"]
    call, _, error = kind.partition(":error=")
    shown.doing(
        "R6", f"{error} at the n-th {call}, " + ("every n" if stride == 1 else f"one n in {stride}")
    )
    n_reported, n_silent = 0, 0
    for attempts in _in_turns(tmp_path, kind, stride):
        for one in attempts:
            assert_told_the_truth(one)
            n_reported += bool(one.failed)
            n_silent += not one.failed
        if not all(one.was_hit for one in attempts):
            break
    shown.kept(
        f"{n_reported + n_silent} places: {n_reported} reported, {n_silent} without effect;"
        " 0 acknowledged lost, reads went on"
    )


def _in_turns(folder: Path, kind: str, stride: int) -> Iterator[list[Attempt]]:
    numbers = itertools.count(1, stride)
    with ThreadPoolExecutor(N_AT_ONCE) as threads:
        while True:
            some = list(itertools.islice(numbers, N_AT_ONCE))
            yield list(threads.map(lambda n: attempt(folder / f"{n}", kind, n), some))


def assert_told_the_truth(one: Attempt) -> None:
    assert {error for _, (error, _) in one.failed} <= OUR_ERRORS, one.failed
    assert len(one.failed) <= 1, one.failed
    ended_early = any(name in ("open", "begin", "create") for name, _ in one.failed)
    n_read = sum(line[0] == "read" for line in one.lines)
    assert ended_early or n_read == N_CHANGES, one.lines
    assert syncs_tried_again(one.log) == []
    if ended_early and not one.database.exists():
        return
    store = Store.open(one.database)
    try:
        assert store.check() == []
        there = {str(found.response_id): found.message for found in everything_in(store)}
    finally:
        store.close()
    assert {key: there.get(key) for key in one.told} == one.told


def syncs_tried_again(log: str) -> list[str]:
    """Return the syncs of the write-ahead log that follow a failed one on the same connection.

    A commit lasts by that sync. The main file is written again, from the log, before it is synced
    again; and until the log is there, nothing was acknowledged.
    """
    again: list[str] = []
    failed: set[tuple[str, str]] = set()
    for line in log.splitlines():
        if found := re.match(r"(\d+) +(fdatasync|close)\((\d+)<", line):
            thread, call, file = found.groups()
            if call == "close":
                failed.discard((thread, file))
            elif "(INJECTED)" in line:
                failed.add((thread, file))
            elif (thread, file) in failed and WAL in line:
                again.append(line)
    return again


def test_a_full_disk_is_named_and_space_is_enough_to_go_on(tmp_path: Path) -> None:
    one = attempt(tmp_path / "full", "pwrite64:error=ENOSPC", 60)
    ((name, (_, message)),) = one.failed
    assert "free some space" in message
    assert one.lines[-2][:2] == ["done", "add last"]
    assert name != "add last"


def test_the_process_is_well_without_failures(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults._unlucky", str(tmp_path / "forests.db")]
    done = subprocess.run(command, check=True, capture_output=True, timeout=ATTEMPT_LIMIT_S)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["done", "read"] * N_CHANGES
