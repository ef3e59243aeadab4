"""The options that many commands share, as decorators."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from grok_tree.cli._console import Console, wants_colour
from grok_tree.cli._errors import Talk
from grok_tree.cli._where import where

Function = Callable[..., Any]


def examples(*lines: str) -> str:
    """Return the examples of a command, for the end of its help."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON Lines instead of text for people."
)

database_option = click.option(
    "--database",
    envvar="GROK_TREE_DATABASE",
    show_envvar=True,
    metavar="FILE|URL",
    help="Database of the embedded server.",
)
_host_option = click.option(
    "--host",
    envvar="GROK_TREE_HOST",
    show_envvar=True,
    metavar="HOST:PORT",
    help="Use the server at this address instead.",
)
model_option = click.option(
    "--model",
    envvar="GROK_TREE_MODEL",
    show_envvar=True,
    metavar="NAME",
    help="Model to sample; grok-tree models lists them.",
)
_talk_options = (
    click.option("-q", "--quiet", is_flag=True, help="Only data and errors."),
    click.option("-v", "--verbose", count=True, help="Say more, and what caused an error."),
    click.option(
        "--color/--no-color",
        default=None,
        help="Use colours; by default on a terminal, unless NO_COLOR is set.",
    ),
)


def talking(function: Function) -> Function:
    """Give a command the options about its output, and a `Console` as ``console``."""

    @functools.wraps(function)
    def wrapped(*args: Any, quiet: bool, verbose: int, color: bool | None, **options: Any) -> Any:
        talk: Talk = click.get_current_context().obj
        talk.verbosity = -1 if quiet else verbose
        if verbose:
            level = logging.INFO if verbose == 1 else logging.DEBUG
            logging.basicConfig(level=level, stream=sys.stderr, force=True)
        console = Console(wants_colour(color, sys.stdout, os.environ), talk.verbosity)
        return function(*args, console=console, **options)

    return with_options(wrapped, _talk_options)


def connecting(function: Function) -> Function:
    """Give a command the options about the server it works on, and a `Where` as ``where``."""

    @functools.wraps(function)
    def wrapped(
        *args: Any, database: str | None, host: str | None, model: str | None, **options: Any
    ) -> Any:
        ctx = click.get_current_context()
        chosen = where(ctx, database=database, host=host, model=model)
        return function(*args, where=chosen, **options)

    return with_options(wrapped, (database_option, _host_option, model_option))


def with_options(function: Function, options: Sequence[Callable[[Function], Function]]) -> Function:
    """Return a command with options, which its help lists in their order."""
    # The last decorator that is applied comes first in the help.
    for option in reversed(options):
        function = option(function)
    return function
