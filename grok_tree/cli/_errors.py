"""From an error to one line on standard error and an exit code.

====  ==============================================================
code  meaning
====  ==============================================================
0     done
1     failed
2     wrong usage
3     finished, but some samples failed (their ids on standard error)
4     server unreachable, or not signed in
5     stopped by a budget or a quota
130   interrupted (partial results are kept and named)
====  ==============================================================
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from grok_tree.cli._visible import visible
from grok_tree.errors import (
    AccessError,
    BudgetExhausted,
    ConnectionFailedError,
    GrokTreeError,
    RateLimited,
)

DONE = 0
FAILED = 1
WRONG_USAGE = 2
SOME_FAILED = 3
NO_SERVER = 4
NO_BUDGET = 5
INTERRUPTED = 130


class Interrupted(Exception):
    """The user stopped a command that has named what it kept.

    Attributes:
        kept: The ids of the partial responses.
    """

    def __init__(self, kept: Sequence[str]) -> None:
        super().__init__("interrupted")
        self.kept = kept


class Failed(Exception):
    """A command has said itself what is wrong."""


class ProgramEnded(Exception):
    """The program that a command has run for the user is over.

    Attributes:
        code: Its exit code, which becomes that of the command.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"the program ended with {code}")
        self.code = code


class SomeSamplesFailed(Exception):
    """A command has finished and named the samples that failed."""


def exit_code(error: GrokTreeError) -> int:
    """Return the exit code that an error of ours means."""
    if isinstance(error, ConnectionFailedError | AccessError):
        return NO_SERVER
    if isinstance(error, BudgetExhausted | RateLimited):
        return NO_BUDGET
    return FAILED


@dataclass
class Talk:
    """How much the user wants to be told: -1 only data and errors, 0 as usual, 1 or 2 more.

    The command that runs sets it, and what reports its errors reads it.
    """

    verbosity: int = 0


def run(command: Callable[[], object], talk: Talk) -> int:
    """Run a command and return its exit code, with one line on standard error if it failed."""
    try:
        command()
        code = DONE
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except Failed:
        code = FAILED
    except (click.Abort, KeyboardInterrupt, Interrupted):
        code = INTERRUPTED
    except SomeSamplesFailed:
        code = SOME_FAILED
    except ProgramEnded as ended:
        code = ended.code
    except Exception as error:
        code = _failed(error, verbose=talk.verbosity > 0)
    return code


def _failed(error: Exception, *, verbose: bool) -> int:
    if isinstance(error, GrokTreeError):
        _complain(error.message)
    elif isinstance(error, OSError):
        _complain(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
    else:
        hint = "" if verbose else "; with -v there is more"
        _complain(f"grok-tree made a mistake ({type(error).__name__}: {error}){hint}")
    if verbose:
        traceback.print_exception(error)
    return exit_code(error) if isinstance(error, GrokTreeError) else FAILED


def show_warning(message: Warning | str, *_where: Any, **_line: Any) -> None:
    """Write a warning as one line, without the place in the program that it came from."""
    click.echo(f"warning: {visible(str(message))}", err=True)


def _complain(message: str) -> None:
    click.echo(f"error: {visible(message)}", err=True)
