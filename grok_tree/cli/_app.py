"""The program: its commands, each loaded when it is needed."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import warnings
from typing import Any

import click

from grok_tree.cli._errors import Talk, run, show_warning
from grok_tree.cli._interrupts import interrupts_are_kept
from grok_tree.cli._options import examples

_COMMANDS = {
    "demo": "_demo",
    "chat": "_chat",
    "serve": "_serve",
    "record": "_record",
    "ls": "_ls",
    "show": "_show",
    "path": "_path",
    "outcomes": "_outcomes",
    "diff": "_diff",
    "stats": "_stats",
    "siblings": "_siblings",
    "watch": "_watch",
    "sample": "_sample",
    "resample": "_resample",
    "replace": "_replace",
    "resume": "_resume",
    "fork": "_fork",
    "delete": "_delete",
    "undelete": "_undelete",
    "purge": "_purge",
    "search": "_search",
    "export": "_export",
    "import": "_import",
    "formats": "_formats",
    "backup": "_backup",
    "restore": "_restore",
    "models": "_models",
    "budget": "_budget",
    "doctor": "_doctor",
    "cache": "_cache",
    "config": "_config",
}
"""Name to the module that holds its ``command``, in the order of the help."""


class _Program(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"grok_tree.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader of our output has had enough; nothing may complain about it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None
        return result

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in _COMMANDS or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        near = get_close_matches(args[0], _COMMANDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "grok-tree --help lists them"
        raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx)


@click.command(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "grok-tree demo        # watch a small real model grow a forest",
        "grok-tree chat        # talk, branch, compare",
        "grok-tree ls          # list your conversations",
    ),
)
@click.version_option(package_name="grok-tree", prog_name="grok-tree")
def program() -> None:
    """Grow, keep and study forests of language model responses.

    A conversation is a forest: every retry and every edit is one more branch, and none is lost.
    Commands work on the embedded server of this machine, or with --host on another one. Ids may
    be shortened to any beginning that is unambiguous.
    """


def main() -> None:
    """Run the command that the process was started with, and end with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its number, not a crash.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # What gRPC would write there itself reaches the user as an error of ours.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    logging.getLogger().addHandler(logging.NullHandler())
    talk = Talk()
    with warnings.catch_warnings(), interrupts_are_kept():
        warnings.showwarning = show_warning
        code = run(
            lambda: program.main(obj=talk, prog_name="grok-tree", standalone_mode=False), talk
        )
    sys.exit(code)
