"""From the options of a command to the label that tips are given."""

from __future__ import annotations

import inspect
import re
import runpy
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grok_tree.errors import InvalidOperationError

if TYPE_CHECKING:
    from grok_tree.analysis import Label
    from grok_tree.forest import Response

_NAMED = re.compile(r"([\w .-]+)=(.+)", re.DOTALL)


def chosen_label(patterns: Sequence[str], score_name: str | None, script: Path | None) -> Label:
    """Return the label that the options describe.

    Raises:
        UsageError: There is none, or several sorts, an expression is broken, or the script does
            not define one.
    """
    from grok_tree.analysis import score

    given = [bool(patterns), score_name is not None, script is not None]
    if sum(given) != 1:
        raise click.UsageError(
            "say how a tip ended with one of --label REGEX (or several --label NAME=REGEX),"
            " --score NAME and --script FILE"
        )
    if script is not None:
        return _scripted(script)
    return score(score_name) if score_name is not None else _found(patterns)


def _found(patterns: Sequence[str]) -> Label:
    named = [_NAMED.fullmatch(pattern) for pattern in patterns]
    if len(patterns) == 1 and named[0] is None:
        return _matching(patterns[0])
    for pattern, found in zip(patterns, named, strict=True):
        if found is None:
            raise click.UsageError(f"several labels need names: write NAME=REGEX for {pattern!r}")
    return _matching({found[1]: found[2] for found in named if found is not None})


def _matching(pattern: str | Mapping[str, str]) -> Label:
    from grok_tree.analysis import matches

    try:
        return matches(pattern)
    except InvalidOperationError as error:
        raise click.UsageError(str(error)) from error


def _scripted(script: Path) -> Label:
    """Return the function ``label`` of a script, with its failures as wrong usage."""
    try:
        script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise click.UsageError(f"{script} cannot be read: {reason}") from error
    names = _careful(script, lambda: runpy.run_path(str(script), run_name="label"))
    function = names.get("label")
    if not callable(function):
        raise click.UsageError(f"{script} defines no function label(response)")
    if inspect.iscoroutinefunction(function):
        raise click.UsageError(f"{script}: label(response) is async; define it without async")

    def label(response: Response) -> Any:
        return _careful(
            script, lambda: function(response), of=f" (response {response.response_id})"
        )

    return label


def _careful(script: Path, call: Callable[[], Any], *, of: str = "") -> Any:
    try:
        return call()
    except SystemExit as error:
        why = "it ends the program; return None for a tip without an outcome"
        raise click.UsageError(f"{_where(script, error)}: {why}{of}") from error
    except Exception as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise click.UsageError(
            f"{_where(script, error)}: {type(error).__name__}: {reason}{of}"
        ) from error


def _where(script: Path, error: BaseException) -> str:
    """Return the script, and the line of it that failed."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"{script}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(script)]
    return f"{script}, line {lines[-1]}" if lines else str(script)
