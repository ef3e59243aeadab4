"""R2: what a server has acknowledged is there after a power cut.

The real server runs under strace; its files are rebuilt as of random moments, with everything
that was synced and a random half of the sectors that were not, and opened by the real code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from grok_tree.forest import Response
from grok_tree.store import Cursor, Store
from tests.faults._clients import Told, lost_or_twice
from tests.faults._diary import told_by
from tests.faults._disk import Disk
from tests.faults._figures import Shown
from tests.faults._strace import Step, Tracing, needs_strace, steps_of

pytestmark = needs_strace()

TRACED_LIMIT_S = 300.0
CUTS_A_RECORDING = 100


def record(folder: Path, seed: str, n_changes: int) -> list[Step]:
    """Let a server and its clients live under strace; return what they did to their files."""
    life = folder / "life"
    life.mkdir(parents=True)
    database = life / "forests.db"
    names = ("", "-wal", "-journal", ".new", ".new-journal")
    files = [life, life / "diary", *(Path(f"{database}{name}") for name in names)]
    command = [sys.executable, "-m", "tests.faults._diary", str(database), str(life / "diary")]
    command += [str(n_changes), seed]
    Tracing(files).run(command, folder / "trace", timeout_s=TRACED_LIMIT_S)
    return steps_of(folder / "trace")


def test_what_was_acknowledged_survives_a_power_cut(tmp_path: Path, shown: Shown) -> None:
    n_cuts = shown.numbers["power_cuts"]
    shown.doing("R2", f"{n_cuts} power cuts, half of the unsynced sectors lost")
    n_acknowledged, n_unsynced = 0, 0
    for first in range(0, n_cuts, CUTS_A_RECORDING):
        folder = tmp_path / f"{first}"
        steps = record(folder, f"{shown.seed} {first}", shown.numbers["traced_changes"])
        n = min(CUTS_A_RECORDING, n_cuts - first)
        moments = sorted(shown.random.choices(range(len(steps)), k=n))
        acknowledged, unsynced = cut_at(folder, steps, moments, shown)
        n_acknowledged += acknowledged
        n_unsynced += unsynced
    shown.kept(
        f"{n_acknowledged:,} responses acknowledged before the cuts; 0 lost, 0 corrupt;"
        f" {n_unsynced} cuts met unsynced data"
    )


class Replay:
    """A recorded life, step by step.

    Attributes:
        disk: The files as they are now.
    """

    def __init__(self, life: Path, steps: list[Step]) -> None:
        self.disk = Disk(life)
        self._steps = enumerate(steps)
        self._diary: list[bytes] = []
        self._asked = told_by((life / "diary").read_bytes().splitlines()).asked

    def go_on(self, n_steps: int) -> None:
        """Do the next steps."""
        for place, step in islice(self._steps, n_steps):
            if step.call == "write":
                self._diary.append(step.data)
            else:
                self.disk.take(place, step)

    def told(self) -> Told:
        """Return what was acknowledged until now."""
        told = told_by(b"".join(self._diary).splitlines())
        told.asked = self._asked  # also by those who had no time to write down that they ask
        return told


def cut_at(folder: Path, steps: list[Step], moments: list[int], shown: Shown) -> tuple[int, int]:
    """Cut the power at some moments; return how much was told, and how often data was unsynced."""
    replay = Replay(folder / "life", steps)
    n_acknowledged, n_unsynced = 0, 0
    for number, moment in enumerate(moments):
        replay.go_on(moment - (moments[number - 1] if number else 0))
        told = replay.told()
        n_acknowledged += len(told.texts)
        n_unsynced += replay.disk.has_unsynced
        files = replay.disk.after_a_cut(shown.random)
        assert_nothing_lost(folder / f"cut {number}", files, told)
    return n_acknowledged, n_unsynced


def assert_nothing_lost(folder: Path, files: dict[str, bytes], told: Told) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if "forests.db" not in files:
        assert told.texts == {}
        return
    store = Store.open(folder / "forests.db")
    try:
        assert store.check() == []
        assert lost_or_twice(told, everything_in(store)) == []
        assert unfinished_leaves(store) == []
    finally:
        store.close()


def everything_in(store: Store) -> Iterable[Response]:
    with store.read() as reader:
        for conversation in reader.conversations(limit=500).conversations:
            yield from reader.changes(
                conversation.conversation_id, Cursor(0, -1), limit=10**9, max_bytes=10**12
            )


def unfinished_leaves(store: Store) -> list[str]:
    """Return the leaves that are not there yet: a leaf moves in one commit with its answer."""
    with store.read() as reader:
        listed = reader.conversations(limit=500).conversations
        leaves = [one.leaf_response_id for one in listed if one.leaf_response_id]
        found = [reader.response(leaf) for leaf in leaves]
    return [leaf.response_id for leaf in found if leaf.partial or leaf.deleted]
