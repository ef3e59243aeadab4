"""``grok-tree outcomes``: where branches lead, and which turn decided it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.analysis import DecidingForks, Outcomes


@click.command(
    "outcomes",
    epilog=examples(
        'grok-tree outcomes 0192f0c1-2345 --label "(?i)blue"',
        "grok-tree outcomes 0192f0c1-2345 --label yes=^Yes --label no=^No --weights sibling",
        "grok-tree outcomes 0192f0c1-2345 --score helpful --json",
        "grok-tree outcomes 0192f0c1-2345 --script label.py   # def label(response): ...",
    ),
)
@click.argument("id")
@click.option(
    "--label",
    "patterns",
    multiple=True,
    metavar="REGEX",
    help="What to look for in a tip's text; NAME=REGEX, several times, for several outcomes.",
)
@click.option("--score", "score_name", metavar="NAME", help="A stored score is the outcome.")
@click.option(
    "--script",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Python with a function label(response) that returns the outcome.",
)
@click.option(
    "--weights",
    type=click.Choice(["tip", "sibling", "sampled"]),
    default="tip",
    show_default=True,
    help="What counts the same: every tip, every sibling; or siblings by their probability.",
)
@click.option(
    "--permutations",
    default=999,
    show_default=True,
    metavar="N",
    help="Permutations of each test.",
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Of the tests.")
@json_option
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    id: str,
    patterns: tuple[str, ...],
    score_name: str | None,
    script: Path | None,
    weights: str,
    permutations: int,
    seed: int,
    as_json: bool,
) -> None:
    """Show what the branches of a conversation lead to, and rank the turns that decided it.

    Every tip gets an outcome. Each line shows the shares below a branch, with 95 % intervals; the
    ranking shows at which forks the uncertainty of the outcome is resolved. The JSON has a line for
    every outcome at every fork, and one for every fork of the ranking.
    """
    from grok_tree.analysis import outcomes
    from grok_tree.cli._find import find_place
    from grok_tree.cli._labels import chosen_label

    label = chosen_label(patterns, score_name, script)
    with where.client() as client, console.waiting("reading the forest"):
        place = find_place(client, id)
        found = outcomes(place.conversation.forest, label, weights=weights, seed=seed)  # type: ignore[arg-type]
        deciding = found.deciding_forks(n_permutations=permutations)
    if found.n == 0:
        console.say(_nothing(found, score_name))
    elif as_json:
        _write_json(console, found, deciding)
    else:
        _write_text(console, found, deciding, place.response_id)
        if patterns and set(found.whole.shares) <= {False, "other"} - _names(patterns):
            console.say(f"no tip matches {' or '.join(map(repr, patterns))}")


def _names(patterns: Sequence[str]) -> set[str]:
    return {pattern.partition("=")[0] for pattern in patterns}


def _nothing(found: Outcomes, score_name: str | None) -> str:
    """Return that no tip has an outcome, and where one might be."""
    from grok_tree.forest import counted

    nothing = f"none of {counted(found.n_left_out, 'tip')} has an outcome"
    if not found.n_left_out:
        return f"{nothing}; say something in the conversation first"
    if score_name is None:
        return f"{nothing}: label(response) gave None, or no number, for each"
    known = sorted({name for one in found.forest for name in one.marks.scores})
    names = ", ".join(map(repr, known)) or "none"
    return f"{nothing}: none has a score {score_name!r}; the scores of this conversation: {names}"


def _write_json(console: Console, found: Outcomes, deciding: DecidingForks) -> None:
    for row in found.to_records():
        console.json({"row": "outcome", **row})
    for row in deciding.to_records():
        console.json({"row": "deciding", **row})


def _write_text(
    console: Console, found: Outcomes, deciding: DecidingForks, top: str | None
) -> None:
    from grok_tree.cli._outcome_tree import OutcomeTree
    from grok_tree.cli._short_ids import short_ids
    from grok_tree.cli._spans import Span
    from grok_tree.forest import counted

    drawing = OutcomeTree(found, short_ids(found.forest.responses.ids), width=console.width)
    console.line(*drawing.legend())
    for line in drawing.lines(top):
        console.line(*line)
    console.line()
    console.line(Span("Which turn decided it", "title"))
    for line in drawing.ranking(deciding):
        console.line(*line)
    tips = counted(found.n_left_out, "tip has", "tips have")
    left_out = f"{tips} no outcome; " if found.n_left_out else ""
    console.say(f"{left_out}weights {found.weighting.name}: {found.assumption}")
