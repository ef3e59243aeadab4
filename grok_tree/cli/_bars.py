"""Charts of plain characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grok_tree.cli._spans import Span, cells

_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True)
class Bar:
    """A line of a chart.

    Attributes:
        label: What stands before the bar.
        value: How long it is, 0 or more.
        text: What stands after it.
        is_text: Whether the label begins where all others do, as texts do, and numbers do not.
    """

    label: str
    value: float
    text: str
    is_text: bool = False


def bar_lines(bars: Sequence[Bar], width: int) -> Iterator[list[Span]]:
    """Yield a line for each bar, the longest of which fills what is left of the width."""
    labels = max((cells(bar.label) for bar in bars), default=0)
    texts = max((cells(bar.text) for bar in bars), default=0)
    room = max(4, width - labels - texts - 4)
    most = max((bar.value for bar in bars), default=0)
    for bar in bars:
        space = " " * (labels - cells(bar.label))
        label = bar.label + space if bar.is_text else space + bar.label
        yield [
            Span(f"  {label} ", "faint"),
            Span(drawn(bar.value / most if most else 0, room), "human"),
            Span(f" {bar.text}"),
        ]


def drawn(share: float, room: int) -> str:
    """Return a bar of a share, 0 to 1, of some columns; what is there is never invisible."""
    eighths = max(round(8 * room * share), share > 0)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
