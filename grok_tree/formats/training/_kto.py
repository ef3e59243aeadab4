"""Answers with a verdict each: good or bad, without a partner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from grok_tree.forest import NO_PARENT, Forest, Response
from grok_tree.formats._format import Format, Option
from grok_tree.formats._paths import RANK, SCORE, Deciding, worth
from grok_tree.formats.training._dpo import VERDICT_LOSSES
from grok_tree.formats.training._turns import line, message_of
from grok_tree.formats.training._verdicts import prompt_of, usable

_THRESHOLD = Option(
    name="threshold", help="an answer is good if its score is above this whole number"
)


def _write(forests: Iterable[Forest], file: BinaryIO, *, score: str, threshold: int) -> int:
    written = 0
    for forest in forests:
        conversation = forest.conversation
        seen: set[str] = set()
        for parent, answer, label in _judged(forest, score=score, threshold=threshold):
            path = forest.path(parent)
            seen.update((*path.ids, answer.response_id))
            record = {
                "prompt": prompt_of(forest, path, answer),
                "completion": [message_of(answer)],
                "label": label,
                "conversation_id": conversation.conversation_id,
                "prompt_ids": path.ids,
                "completion_id": answer.response_id,
            }
            file.write(line(record))
        written += len(seen)
    return written


def _judged(forest: Forest, *, score: str, threshold: int) -> Iterator[tuple[str, Response, bool]]:
    """Yield answers with what they answer and whether they are good, where anything says so."""
    replaced, replacing = _replacements(forest)
    deciding = Deciding(forest, score)
    for number, response in enumerate(forest):
        parent = forest.parent_numbers[number]
        if parent == NO_PARENT or not usable(response):
            continue
        label = _label(response, deciding, threshold)
        if label is None and response.response_id in replacing | replaced:
            label = response.response_id not in replaced
        if label is not None and response.parent_response_id is not None:
            yield response.parent_response_id, response, label


def _label(response: Response, deciding: Deciding, threshold: int) -> bool | None:
    """Return the verdict of a star, else of the score."""
    if response.marks.starred:
        return True
    # The best of several bad answers has the best rank.
    found = worth(response, deciding.among(response.marks.scores.keys() - {RANK}))
    return None if found is None else found > threshold


def _replacements(forest: Forest) -> tuple[set[str], set[str]]:
    """Return the ids of what was replaced, and of what replaced it."""
    replaced: set[str] = set()
    replacing: set[str] = set()
    for one in forest:
        if one.origin.kind == "replaced" and one.origin.of is not None:
            replaced.add(one.origin.of)
            replacing.add(one.response_id)
    return replaced, replacing


FORMAT = Format(
    name="kto",
    title="answers with a verdict each (TRL unpaired preference, JSON Lines)",
    suffix=".jsonl",
    write=_write,
    options=(SCORE, _THRESHOLD),
    losses=(*VERDICT_LOSSES, "values of scores: only whether they are above the threshold"),
)
