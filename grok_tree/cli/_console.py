"""Where output goes: data to standard output, everything else to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

import click

from grok_tree.cli._spans import Span, Style, paint
from grok_tree.cli._visible import visible

_WIDTH_ELSEWHERE = 100
"""Columns of a line that is not written to a terminal."""


@dataclass(frozen=True)
class Console:
    """How a command talks.

    Attributes:
        colour: On standard output.
        verbosity: -1 only data and errors, 0 as usual, 1 more.
    """

    colour: bool = False
    verbosity: int = 0

    @property
    def width(self) -> int:
        """Columns of a line on standard output."""
        if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
            return _WIDTH_ELSEWHERE
        return max(40, shutil.get_terminal_size().columns)

    def line(self, *spans: Span | str) -> None:
        """Write a line of data for people; it must be visible text already."""
        pieces = [Span(span) if isinstance(span, str) else span for span in spans]
        self.lines([paint(pieces, colour=self.colour)])

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines that are painted already."""
        for line in lines:
            sys.stdout.write(f"{line}\n")

    def json(self, record: Any) -> None:
        """Write a record on one line; text in it is not touched."""
        import msgspec

        sys.stdout.flush()
        sys.stdout.buffer.write(msgspec.json.encode(record) + b"\n")

    def stream(self, text: str) -> None:
        """Write a piece of text from a model at once."""
        sys.stdout.write(visible(text))
        sys.stdout.flush()

    def say(self, message: str, style: Style = "") -> None:
        """Tell something on standard error, unless the user wants it quiet."""
        if self.verbosity >= 0:
            colour = self.colour and sys.stderr.isatty()
            click.echo(paint([Span(visible(message), style)], colour=colour), err=True)

    def complain(self, message: str) -> None:
        """Tell of a failure on standard error."""
        click.echo(f"error: {visible(message)}", err=True)

    @contextmanager
    def waiting(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show that something takes its time, where a person is looking.

        Yields:
            What says how far it is.
        """
        if self.verbosity < 0 or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console as RichConsole

        with RichConsole(stderr=True).status(what) as status:
            yield lambda more: status.update(f"{what}: {more}")


def wants_colour(asked: bool | None, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether to use colours.

    Args:
        asked: What the user said, None for nothing.
        stream: Where the output goes.
        environment: ``NO_COLOR``, ``FORCE_COLOR`` and ``TERM`` count, in this order.
    """
    if asked is not None:
        return asked
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"
