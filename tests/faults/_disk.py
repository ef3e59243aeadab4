"""A disk that loses what was not synced, rebuilt from the calls a program made."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults._strace import Step

SECTOR = 512


@dataclass(frozen=True)
class _Change:
    """A write at an offset, or (without data) a new length."""

    begun: int
    ended: int
    offset: int
    data: bytes | None

    def apply(self, content: bytearray) -> None:
        if self.data is None:
            del content[self.offset :]
            content.extend(bytes(self.offset - len(content)))
        else:
            content.extend(bytes(max(0, self.offset - len(content))))
            content[self.offset : self.offset + len(self.data)] = self.data

    def sectors(self) -> Iterator[_Change]:
        """Yield the parts that reach the disk, or do not, by themselves."""
        if self.data is None:
            yield self
            return
        place, end = self.offset, self.offset + len(self.data)
        while place < end:
            stop = min(end, (place // SECTOR + 1) * SECTOR)
            part = self.data[place - self.offset : stop - self.offset]
            yield _Change(self.begun, self.ended, place, part)
            place = stop


@dataclass
class _File:
    """What is surely on the disk of a file, and what may be."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[_Change] = field(default_factory=list)

    def sync(self, begun: int) -> None:
        """Make sure of what was changed before a sync began."""
        for change in self.pending:
            if change.ended < begun:
                change.apply(self.synced)
        self.pending = [change for change in self.pending if change.ended >= begun]

    def after_a_cut(self, randomness: random.Random) -> bytes:
        content = bytearray(self.synced)
        for change in self.pending:
            for part in change.sectors():
                if randomness.random() < 0.5:
                    part.apply(content)
        return bytes(content)


class Disk:
    """One folder of a disk; takes the calls of a program one by one."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._files: dict[str, _File] = {}
        self._synced_names: dict[str, _File] = {}
        self._renamings: list[dict[str, _File]] = []

    def take(self, place: int, step: Step) -> None:
        """Do what a call did; `place` is where among all calls it ended."""
        path = step.paths[0]
        match step.call:
            case "openat":
                if step.creates and path not in self._files:
                    self._rename({**self._files, path: _File()})
            case "pwrite64":
                change = _Change(step.begun, place, step.numbers[-1], step.data)
                self._files[path].pending.append(change)
            case "ftruncate":
                change = _Change(step.begun, place, step.numbers[-1], None)
                self._files[path].pending.append(change)
            case "fdatasync" | "fsync":
                self._sync(path, step.begun)
            case "unlink":
                self._rename({name: f for name, f in self._files.items() if name != path})
            case "rename":
                moved = {name: f for name, f in self._files.items() if name != path}
                self._rename({**moved, step.paths[1]: self._files[path]})
            case _:
                raise AssertionError(step.call)

    @property
    def has_unsynced(self) -> bool:
        """Whether a power cut now could lose anything."""
        return bool(self._renamings) or any(file.pending for file in self._files.values())

    def after_a_cut(self, randomness: random.Random) -> dict[str, bytes]:
        """Return the files that are found when the power is back, by their names."""
        # The names change in the order in which they were changed, as with a journal.
        states = [self._synced_names, *self._renamings]
        names = randomness.choice(states)
        return {Path(path).name: file.after_a_cut(randomness) for path, file in names.items()}

    def _rename(self, names: dict[str, _File]) -> None:
        self._files = names
        self._renamings.append(names)

    def _sync(self, path: str, begun: int) -> None:
        if path == self._folder:
            self._synced_names = self._files
            self._renamings = []
        else:
            self._files[path].sync(begun)
