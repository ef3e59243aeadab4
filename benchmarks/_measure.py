"""How figures are made: cases take turns, and a ratio is the median of the rounds' ratios.

Both sides of a ratio then saw the same minute of the machine, which makes the ratio trustworthy
where the absolute figures are not.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Case = Callable[[], float]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        ours: Our median figure, in `unit`.
        reference: The reference's median figure, in `unit`; None where there is none.
        ratio: Median over the rounds of ours / reference.
        unit: Of both figures.
        goal: What the ratio should be, in words.
        beside: What the reference is.
    """

    what: str
    ours: float
    reference: float | None
    ratio: float | None
    unit: str
    goal: str
    beside: str


def alternate(cases: Mapping[str, Case], rounds: int) -> dict[str, list[float]]:
    """Run every case once a round, beginning each round with another case."""
    names = list(cases)
    figures: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            figures[name].append(cases[name]())
    return figures


def compared(
    what: str, figures: Mapping[str, list[float]], *, unit: str, goal: str, beside: str
) -> Row:
    """Return the row of the case ``ours`` beside the case named by `beside`."""
    ours, reference = figures["ours"], figures[beside]
    ratio = statistics.median(a / b for a, b in zip(ours, reference, strict=True))
    return Row(
        what,
        statistics.median(ours),
        statistics.median(reference),
        ratio,
        unit,
        goal,
        beside,
    )


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| what | grok_tree | reference | ratio | goal |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        reference = "-" if row.reference is None else f"{_figure(row.reference)} ({row.beside})"
        ratio = "-" if row.ratio is None else f"{row.ratio:.3g}x"
        lines.append(
            f"| {row.what} | {_figure(row.ours)} {row.unit} | {reference} | {ratio} | {row.goal} |"
        )
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
