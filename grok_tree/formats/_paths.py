"""Which paths of a forest a writer takes: all, the active one, the best, the longest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from grok_tree.forest import NO_PARENT, Forest, Response, Responses
from grok_tree.formats._format import Option

RANK = "rank"
"""The score of which less is better; in every other more is."""

_DECIDING = ("preference", RANK, "rating", "score")
"""Scores that say how good an answer is as a whole, the surest first."""

SCORE = Option(
    name="score",
    is_text=True,
    help="the score that says what is better; without a name: preference, rank (of which less is"
    " better), rating, score, or the only one that there is",
)

PATHS = Option(
    name="paths",
    choices=("tips", "active", "best", "longest"),
    help="tips: one path to each response without children; active: the path to the leaf;"
    " best: that with the most stars, then the highest score; longest: that with the most"
    " responses; of several equal ones the newest",
)


def chosen_paths(forest: Forest, paths: str, score: str) -> Iterator[Responses]:
    """Yield paths from a root, in order of their ends.

    Args:
        forest: Where they are.
        paths: As `PATHS` has it.
        score: As `SCORE` has it.
    """
    if not len(forest):
        return
    ends: Sequence[str]
    match paths:
        case "active":
            leaf = forest.leaf
            ends = [_newest(forest) if leaf is None else leaf.response_id]
        case "best":
            ends = [_best(forest, score)]
        case "longest":
            ends = [_longest(forest)]
        case _:
            ends = forest.tips.ids
    for end in ends:
        yield forest.path(end)


class Deciding:
    """Knows which score says what is better in a forest.

    Several scores of which none is known to judge the whole are not weighed against each other:
    one may say how harmful an answer is.
    """

    def __init__(self, forest: Forest, score: str) -> None:
        """Look at a forest.

        Args:
            forest: What is judged.
            score: As `SCORE` has it.
        """
        self._score = score
        names = {name for one in forest for name in one.marks.scores}
        self._only = names.pop() if len(names) == 1 else ""

    def among(self, names: Collection[str]) -> str:
        """Return which of some scores decides, empty if none does."""
        if self._score:
            return self._score
        known = next((one for one in _DECIDING if one in names), "")
        return known or (self._only if self._only in names else "")

    def worth(self, response: Response) -> float | None:
        """Return how good a response is by its own scores, the more the better."""
        return worth(response, self.among(response.marks.scores))


def worth(response: Response, name: str) -> float | None:
    """Return the value of a score, the more the better; None where there is none."""
    value = response.marks.scores.get(name)
    return -value if value is not None and name == RANK else value


def _newest(forest: Forest) -> str:
    return max(forest.tips, key=lambda one: (one.create_time, one.position)).response_id


def _best(forest: Forest, score: str) -> str:
    """Return the tip with the most stars above it, then the best score on it or nearest above."""
    best: list[tuple[int, float]] = []
    tips = set(forest.tips.ids)
    deciding = Deciding(forest, score)
    found: list[tuple[tuple[int, float], int, str]] = []
    for number, response in enumerate(forest):
        parent = forest.parent_numbers[number]
        stars, above = (0, float("-inf")) if parent == NO_PARENT else best[parent]
        own = deciding.worth(response)
        best.append((stars + response.marks.starred, above if own is None else own))
        if response.response_id in tips:
            found.append((best[number], number, response.response_id))
    return max(found)[2]


def _longest(forest: Forest) -> str:
    depths: list[int] = []
    for parent in forest.parent_numbers:
        depths.append(1 if parent == NO_PARENT else depths[parent] + 1)
    deepest = max(range(len(depths)), key=lambda number: (depths[number], number))
    return forest.responses[deepest].response_id
