"""Which paths of a forest a writer takes: all, the active one, the best, the longest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grok_tree.forest import NO_PARENT, Forest, Response, Responses
from grok_tree.formats._format import Option

RANK = "rank"
"""The score of which less is better; in every other more is."""

PATHS = Option(
    name="paths",
    choices=("tips", "active", "best", "longest"),
    help="tips: one path to each response without children; active: the path to the leaf;"
    " best: that with the most stars, then the highest score; longest: that with the most"
    " responses; of several equal ones the newest",
)


def chosen_paths(forest: Forest, paths: str) -> Iterator[Responses]:
    """Yield paths from a root, in order of their ends.

    Args:
        forest: Where they are.
        paths: As `PATHS` has it.
    """
    if not len(forest):
        return
    ends: Sequence[str]
    match paths:
        case "active":
            leaf = forest.leaf
            ends = [_newest(forest) if leaf is None else leaf.response_id]
        case "best":
            ends = [_best(forest)]
        case "longest":
            ends = [_longest(forest)]
        case _:
            ends = forest.tips.ids
    for end in ends:
        yield forest.path(end)


def score_of(response: Response) -> float | None:
    """Return the mean of a response's scores, None where it has none; a low rank counts as high."""
    scores = response.marks.scores
    if not scores:
        return None
    return sum(-value if name == RANK else value for name, value in scores.items()) / len(scores)


def _newest(forest: Forest) -> str:
    return max(forest.tips, key=lambda one: (one.create_time, one.position)).response_id


def _best(forest: Forest) -> str:
    """Return the tip with the most stars above it, then the best score on it or nearest above."""
    worth: list[tuple[int, float]] = []
    tips = set(forest.tips.ids)
    found: list[tuple[tuple[int, float], int, str]] = []
    for number, response in enumerate(forest):
        parent = forest.parent_numbers[number]
        stars, score = (0, float("-inf")) if parent == NO_PARENT else worth[parent]
        own = score_of(response)
        worth.append((stars + response.marks.starred, score if own is None else own))
        if response.response_id in tips:
            found.append((worth[number], number, response.response_id))
    return max(found)[2]


def _longest(forest: Forest) -> str:
    depths: list[int] = []
    for parent in forest.parent_numbers:
        depths.append(1 if parent == NO_PARENT else depths[parent] + 1)
    deepest = max(range(len(depths)), key=lambda number: (depths[number], number))
    return forest.responses[deepest].response_id
