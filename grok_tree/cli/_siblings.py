"""``grok-tree siblings``: how the answers to one prompt differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.analysis import Siblings
    from grok_tree.cli._bars import Bar
    from grok_tree.cli._find import Place

_MOST_BARS = 10
_MOST_CELLS = 40
"""Columns of an answer beside its bar, where the line is long enough."""
_OF_ESTIMATES = ("value", "low", "high", "level", "method", "n")


@click.command(
    "siblings",
    epilog=examples(
        "grok-tree siblings 0192f0c1-2345-7abc",
        "grok-tree siblings 0192f0c1-2345-7abc --embed --threshold 0.3",
        "grok-tree siblings 0192f0c1-2345-7abc --json | jq .figures",
    ),
)
@click.argument("id")
@click.option(
    "--embed",
    is_flag=True,
    help="Put answers together by their meaning; needs a model with embeddings.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="DISTANCE",
    help="Cosine distance up to which answers mean the same.  [default: 0.2]",
)
@click.option("--manual", is_flag=True, help="Keep answers that were written by hand.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Of the intervals.")
@json_option
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    id: str,
    embed: bool,
    threshold: float | None,
    manual: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Say how much a response and its siblings differ, and what most of them say.

    ID may be a conversation, for its leaf. Bars show which answers say the same (by their text in
    small letters and without marks around it, or with --embed by their meaning) and how long they
    are. Figures have 95 % intervals. Needs the extra analysis.
    """
    from grok_tree import analysis
    from grok_tree.cli._find import find_place

    if threshold is not None and not embed:
        raise click.UsageError("--threshold is about meaning; give --embed as well")
    with where.client() as client, console.waiting("comparing the answers"):
        place = find_place(client, id)
        options: dict[str, Any] = {} if threshold is None else {"threshold": threshold}
        if embed:
            options["embed"] = client.embedder.embed
        forest = place.conversation.forest
        answer = forest[_response_id(place)]
        found = analysis.siblings(answer, forest=forest, manual=manual, seed=seed, **options)
        # Log-probabilities and vectors come from the server, which is away below.
        figures = found.to_records()
    if as_json:
        console.json(_as_json(found, figures))
    else:
        _write(console, found, figures)
        if len(found) == 1 and answer.sender == "assistant":
            again = f"grok-tree resample {id} -n 8"
            console.say(f"one answer has none to differ from; {again} samples siblings")


def _response_id(place: Place) -> str:
    from grok_tree.errors import InvalidOperationError

    forest = place.conversation.forest
    found = place.response_id or forest.conversation.leaf_response_id
    if found is None:
        full = forest.conversation.conversation_id
        hint = f"give the id of a response, which grok-tree show {full} lists"
        if not len(forest):
            hint = f"it is empty: grok-tree sample TEXT --in {full} samples an answer"
        raise InvalidOperationError(f"conversation {full} has no leaf; {hint}")
    return found


def _as_json(found: Siblings, figures: list[dict[str, Any]]) -> dict[str, Any]:
    majority = found.majority
    return {
        "n": len(found),
        "n_left_out": found.n_left_out,
        "clusters_by": found.clusters.how,
        "majority": {"answer": majority.answer, "tied": majority.tied},
        "figures": figures,
        "clusters": found.clusters.to_records(),
        "answers": found.answer_records(),
    }


def _write(console: Console, found: Siblings, figures: list[dict[str, Any]]) -> None:
    from grok_tree.cli._bars import bar_lines
    from grok_tree.cli._spans import Span
    from grok_tree.forest import counted

    left = found.n_left_out
    hidden = f", {left:,} by hand left out (--manual keeps them)" if left else ""
    tied = found.majority.tied
    tie = f"; {tied:,} answers are as frequent" if tied > 1 else ""
    if tied == len(found) > 1:
        tie = "; no two say the same"
    console.line(f"{counted(len(found), 'answer')}{hidden}{tie}")
    charts = (
        (f"what they say, by {found.clusters.how}", _clusters(found, console.width)),
        ("words", _lengths(found)),
    )
    for title, bars in charts:
        console.line()
        console.line(Span(title, "title"))
        for line in bar_lines(list(bars), console.width):
            console.line(*line)
    console.line()
    console.line(Span("figures, with 95 % intervals", "title"))
    console.lines(_figures(figures))


def _clusters(found: Siblings, width: int) -> Iterator[Bar]:
    """Yield a bar for each cluster; where there are too many, one for the rest."""
    from grok_tree.cli._bars import Bar
    from grok_tree.cli._spans import Span, paint, wrap
    from grok_tree.cli._visible import isolated, visible_line

    shown, rest = found.clusters.clusters[:_MOST_BARS], found.clusters.clusters[_MOST_BARS:]
    for one in shown:
        text = [Span(isolated(visible_line(one.example[:200])) or "(nothing)")]
        (line, *_) = wrap(text, min(_MOST_CELLS, width // 2), max_lines=1)
        ends = f"{one.share.low:.0%} to {one.share.high:.0%}"
        yield Bar(paint(line, colour=False), len(one), f"{len(one):,}, {ends}", is_text=True)
    if rest:
        n = sum(map(len, rest))
        yield Bar(f"{len(rest):,} more", n / len(rest), f"{n:,} in all", is_text=True)


def _lengths(found: Siblings) -> Iterator[Bar]:
    """Yield a bar for each range of lengths in words."""
    from grok_tree.cli._bars import Bar

    lengths = [len(text.split()) for text in found.texts]
    least, most = min(lengths, default=0), max(lengths, default=-1)
    step = max(1, -(-(most - least + 1) // _MOST_BARS))
    for start in range(least, most + 1, step):
        n = sum(start <= length < start + step for length in lengths)
        label = f"{start:,}" if step == 1 else f"{start:,}-{start + step - 1:,}"
        yield Bar(label, n, f"{n:,}")


def _figures(figures: list[dict[str, Any]]) -> Iterator[str]:
    from grok_tree.analysis import Estimate

    names = max(len(row["statistic"]) for row in figures)
    for row in figures:
        if row["value"] == row["value"]:
            known = math.isfinite(row["low"]) or math.isfinite(row["high"])
            value, _, ends = str(Estimate(*(row[name] for name in _OF_ESTIMATES))).partition(" ")
            told = f"{value:>8}  {ends if known else ''}"
            yield f"  {row['statistic'].replace('_', ' '):<{names}}  {told}".rstrip()
