"""What a run of the fault tests has shown: a row a promise."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from tests.faults._numbers import Numbers

TESTS_SEED = 1
"""Of ordinary test runs, which must not vary."""


@dataclass
class Row:
    """One line of the table.

    Attributes:
        promise: Its number; PF stands for a planted fault.
        done: What was done to break it.
        found: What was counted; empty until the test has come so far.
        result: "kept" or "BROKEN".
    """

    promise: str
    done: str
    found: str = ""
    result: str = "BROKEN"


@dataclass
class Figures:
    """A pytest plug-in that gathers the rows of a run.

    Attributes:
        numbers: How much is done.
        seed: Of everything random.
    """

    numbers: Numbers = field(default_factory=Numbers)
    seed: int = TESTS_SEED
    rows: list[Row] = field(default_factory=list)

    def row(self, promise: str, done: str) -> Row:
        """Begin a line; whoever kept the promise says so with `kept`."""
        row = Row(promise, done)
        self.rows.append(row)
        return row

    def random(self, name: str) -> random.Random:
        """Return randomness of one test's own."""
        return random.Random(f"{self.seed} {name}")

    def table(self) -> str:
        """Return all lines, aligned."""
        heads = ("promise", "what was done", "figures", "result")
        lines = [heads, *((r.promise, r.done, r.found, r.result) for r in self._sorted())]
        widths = [max(len(line[place]) for line in lines) for place in range(4)]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _sorted(self) -> list[Row]:
        return sorted(self.rows, key=lambda row: (row.promise[:1], row.promise[1:].zfill(3)))


class Shown:
    """What a test has at hand: numbers, randomness, and its line of the table."""

    def __init__(self, figures: Figures, name: str) -> None:
        self.numbers = figures.numbers
        self.seed = figures.seed
        self.random = figures.random(name)
        self._figures = figures
        self._row: Row | None = None

    def doing(self, promise: str, done: str) -> None:
        """Say what will be done to break which promise."""
        self._row = self._figures.row(promise, done)

    def kept(self, found: str) -> None:
        """Say that the promise was kept, and what was counted."""
        assert self._row is not None
        self._row.found, self._row.result = found, "kept"


def shown_by(request: pytest.FixtureRequest) -> Shown:
    """Return what belongs to one test; ordinary runs have small numbers and one seed."""
    figures = request.config.pluginmanager.get_plugin("figures")
    return Shown(figures if isinstance(figures, Figures) else Figures(), request.node.name)
