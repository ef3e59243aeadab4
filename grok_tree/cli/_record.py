"""``grok-tree record``: run any program, and keep what it says to models as forests."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grok_tree.cli._console import Console
from grok_tree.cli._errors import ProgramEnded
from grok_tree.cli._options import connecting, examples, talking
from grok_tree.cli._record_program import NOT_EXECUTABLE, NOT_FOUND, run_program
from grok_tree.cli._where import Where


@click.command(
    "record",
    context_settings={"allow_interspersed_args": False},
    epilog=examples(
        "grok-tree record -- python script.py",
        "grok-tree record --model local/smollm2-135m -- python script.py --its-own options",
        "grok-tree record --conversation study-7 -- llm 'Name a colour.'",
        "grok-tree record -q --report grown.jsonl -- python script.py",
    ),
)
@click.option(
    "--conversation",
    default="",
    metavar="NAME",
    help="Keep all of it in one conversation: a group of this name, or an id.",
)
@click.option("--no-record", is_flag=True, help="Lead the program to the server, but keep nothing.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what grew to this file, one response a line, rather than trees to standard error.",
)
@connecting
@talking
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    *,
    where: Where,
    console: Console,
    conversation: str,
    no_record: bool,
    report: Path | None,
    program: tuple[str, ...],
) -> None:
    """Run a program, keep what it says to models, and draw the forests that it grew.

    Clients of OpenAI and xAI in the program talk to the server of this machine, which answers with
    the models it has, and under --model with that one, whatever model the program names. Its
    streams, signals and exit code are those of the command.
    """
    from grok_tree.cli._record_environment import recorded_environment
    from grok_tree.cli._record_report import changed_since, last_change, tell, write_report

    if report is not None:
        report.open("ab").close()  # what cannot be written is told before the program runs
    wishes = {
        "conversation": conversation,
        "model": where.asked_model or "",
        "record": "off" if no_record else "",
    }
    with where.client() as client:
        environment = recorded_environment(os.environ, client.doors(), wishes)
        before = last_change(client)
        code = _run(console, program, environment)
        grown = [] if no_record else changed_since(client, before)
        if report is not None:
            write_report(report, grown)
        elif not no_record:
            tell(console, grown)
    raise ProgramEnded(code)


def _run(console: Console, program: tuple[str, ...], environment: dict[str, str]) -> int:
    try:
        return run_program(program, environment)
    except FileNotFoundError:
        console.complain(f"there is no program {program[0]!r}")
        return NOT_FOUND
    except OSError as error:
        console.complain(f"{program[0]!r} cannot be executed: {error.strerror}")
        return NOT_EXECUTABLE
