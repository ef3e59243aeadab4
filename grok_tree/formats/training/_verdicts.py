"""What stars, scores and replacements say about answers: which is better, which is good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations

from grok_tree.forest import NO_PARENT, Forest, Response, ResponseId, Responses
from grok_tree.formats._paths import Deciding, worth
from grok_tree.formats.training._turns import Message, messages_of

Pair = tuple[Response, Response]
"""A better and a worse answer."""


def usable(response: Response) -> bool:
    """Whether an answer is whole and says something."""
    said = response.message or response.tool_calls
    return response.sender == "assistant" and not response.partial and bool(said)


def iter_forks(forest: Forest) -> Iterator[tuple[ResponseId, list[Response]]]:
    """Yield the id of each response that has several answers, with those that are usable.

    Answers that were told different things first are no alternatives; they come apart.
    """
    children: dict[int, list[int]] = {}
    for number, parent in enumerate(forest.parent_numbers):
        if parent != NO_PARENT:
            children.setdefault(parent, []).append(number)
    for parent, numbers in children.items():
        if len(numbers) < 2:
            continue
        alike: dict[str | None, list[Response]] = {}
        for answer in forest.responses.several(numbers):
            if usable(answer):
                alike.setdefault(answer.origin.system_prompt, []).append(answer)
        for answers in alike.values():
            if len(answers) > 1:
                yield forest.responses[parent : parent + 1].ids[0], answers


def prompt_of(forest: Forest, path: Responses, answer: Response) -> list[Message]:
    """Return what an answer was asked, as messages.

    Args:
        forest: Where it is.
        path: What it answers.
        answer: The answer; it may have been told something else first than its conversation.
    """
    own = answer.origin.system_prompt
    return messages_of(path, forest.conversation.system_prompt if own is None else own)


def pairs_of(answers: Sequence[Response], *, pairs: str, deciding: Deciding) -> list[Pair]:
    """Return the pairs of siblings of which one is known to be better, and says something else.

    Args:
        answers: The siblings.
        pairs: ``best-vs-rest``, ``all`` or ``best-vs-worst``.
        deciding: Knows which score says so.
    """
    judge = _Judge(answers, deciding)
    replaced = judge.replaced()
    if pairs == "all":
        found = [(one, other) for one, other in permutations(answers, 2) if judge.beats(one, other)]
    else:
        ranked = judge.ranked()
        found = [(ranked[0], other) for other in ranked[1:] if judge.beats(ranked[0], other)]
    if pairs == "best-vs-worst":
        return (found or replaced)[-1:]
    return [*found, *(pair for pair in replaced if pair not in found)]


class _Judge:
    """Compares siblings: a star decides, then the score, then who replaced whom."""

    def __init__(self, answers: Sequence[Response], deciding: Deciding) -> None:
        self._answers = answers
        n_scored = Counter(name for one in answers for name in one.marks.scores)
        name = deciding.among([name for name, count in n_scored.items() if count > 1])
        self._worth = {one.response_id: worth(one, name) for one in answers}

    def beats(self, one: Response, other: Response) -> bool:
        """Whether stars or scores say that one is better than the other."""
        return _differ(one, other) and (self._compared(one, other) or 0) > 0

    def ranked(self) -> list[Response]:
        """Return the siblings, the best first; those without a score last."""

        def key(one: Response) -> tuple[bool, float]:
            found = self._worth[one.response_id]
            return one.marks.starred, float("-inf") if found is None else found

        return sorted(self._answers, key=key, reverse=True)

    def replaced(self) -> list[Pair]:
        """Return what was written in the place of what, unless stars or scores decide."""
        known = {one.response_id: one for one in self._answers}
        found = []
        for one in self._answers:
            other = known.get(one.origin.of) if one.origin.of is not None else None
            if one.origin.kind != "replaced" or other is None or not _differ(one, other):
                continue
            if not self._compared(one, other):
                found.append((one, other))
        return found

    def _compared(self, one: Response, other: Response) -> float | None:
        if one.marks.starred != other.marks.starred:
            return 1 if one.marks.starred else -1
        left, right = self._worth[one.response_id], self._worth[other.response_id]
        return None if left is None or right is None else left - right


def _differ(one: Response, other: Response) -> bool:
    return (one.message, one.reasoning, one.tool_calls) != (
        other.message,
        other.reasoning,
        other.tool_calls,
    )
