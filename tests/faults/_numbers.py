"""How much of everything a run does: one line a number, one column a kind of run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Run = Literal["tests", "faults", "long"]

RUNS: tuple[Run, ...] = ("tests", "faults", "long")
"""`make test`, `make faults` and `make faults-long`."""

TABLE: dict[str, tuple[int, int, int]] = {
    # name:              tests,  faults,    long
    "kills":            (    4,      50,     500),
    "power_cuts":       (   20,     300,  10_000),
    "traced_changes":   (  120,     300,     300),
    "stride_full":      (   60,       1,       1),
    "stride_broken":    (  120,       5,       1),
    "stride_unsynced":  (    6,       1,       1),
    "stride_upgrade":   (   90,       1,       1),
    "stride_restore":   (   80,       1,       1),
    "repeats":          (  300,  10_000, 100_000),
    "lost_answers":     (    2,      20,     200),
    "leavings":         (   50,     100,   1_000),
    "killed_servers":   (    1,      10,     200),
    "killed_programs":  (    1,      10,     200),
    "killed_models":    (   20,     200,     200),
    "rounds_of_adds":   (    1,       5,      50),
    "clock_jumps":      (   50,   1_000,  10_000),
    "watch_kills":      (    1,      20,     200),
    "unread_texts":     (   20,     400,   2_000),
    "backups":          (    3,      20,     200),
    "budget_kills":     (    1,      20,     200),
    "hostile_calls":    (  600,  10_000,  50_000),
    "broken_files":     (    5,     500,  50_000),
    "large_store":      (10_000, 100_000, 1_000_000),
    "ready_store":      (10_000, 100_000, 100_000),
    "chain":            (2_000,  10_000, 100_000),
    "star":             (5_000,  100_000, 100_000),
    "calls":            (1_000,  20_000, 100_000),
    "aborted_streams":  (   20,     200,   1_000),
}  # fmt: skip


@dataclass(frozen=True)
class Numbers:
    """The numbers of one kind of run."""

    run: Run = "tests"

    @property
    def patience(self) -> float:
        """How many times a promised time may take.

        `make faults` has the machine for itself and measures. Ordinary runs share a slow one, so
        they only see that what is promised soon comes at all.
        """
        return 20.0 if self.run == "tests" else 1.0

    def __getitem__(self, name: str) -> int:
        return TABLE[name][RUNS.index(self.run)]
