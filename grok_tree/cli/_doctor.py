"""``grok-tree doctor``: is everything well here?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._errors import Failed
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._spans import Span, Style
from grok_tree.cli._visible import visible_line
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grok_tree.cli._findings import Finding

_STYLES: dict[str, Style] = {"ok": "new", "warning": "mark", "problem": "mark"}


@click.command(
    "doctor",
    epilog=examples(
        "grok-tree doctor",
        "grok-tree doctor --database study.db --json",
        "grok-tree doctor --host 127.0.0.1:8733",
    ),
)
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, as_json: bool) -> None:
    """Check versions, configuration, database, disk, mirrors and models.

    Every stored text is compared with its hash; a database that a server has open is checked by
    that server. The exit code is 1 if something is wrong. With --host the server there is checked
    instead of the database and the models of this machine.
    """
    from grok_tree.cli import _checks

    findings = _checks.remote_findings(where) if where.host else _checks.local_findings(where)
    n_problems = 0
    with console.waiting("looking"):
        found = list(findings)
    for finding in found:
        n_problems += finding.state == "problem"
        if as_json:
            console.json(finding)
        else:
            console.line(*_row(finding))
    if n_problems:
        raise Failed


def _row(finding: Finding) -> Iterable[Span]:
    return [
        Span(f"{finding.state:<9}", _STYLES[finding.state]),
        Span(f"{finding.what:<10}", "faint"),
        Span(visible_line(finding.detail)),
    ]
