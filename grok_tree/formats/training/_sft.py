"""Prompts and completions for fine-tuning, where only the completion is trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from grok_tree.forest import Forest, Response, Responses
from grok_tree.formats._format import Format, Option
from grok_tree.formats._paths import PATHS, SCORE, chosen_paths
from grok_tree.formats.training._messages import CHAIN_LOSSES
from grok_tree.formats.training._turns import line, message_of, tools_json
from grok_tree.formats.training._verdicts import prompt_of, usable

_TRAIN = Option(
    name="train",
    choices=("each", "last"),
    help="each: a record for every answer on the paths, each answer once, though paths share it;"
    " last: one for the last answer of each path",
)


def _write(forests: Iterable[Forest], file: BinaryIO, *, paths: str, score: str, train: str) -> int:
    written = 0
    for forest in forests:
        conversation = forest.conversation
        seen: set[str] = set()
        for prompt, answer in _answers(forest, paths=paths, score=score, train=train):
            record: dict[str, Any] = {
                "prompt": prompt_of(forest, prompt, answer),
                "completion": [message_of(answer)],
            }
            if tools := tools_json([answer]):
                record["tools"] = tools
            record |= {
                "conversation_id": conversation.conversation_id,
                "prompt_ids": prompt.ids,
                "completion_id": answer.response_id,
            }
            file.write(line(record))
            seen.update((*prompt.ids, answer.response_id))
        written += len(seen)
    return written


def _answers(
    forest: Forest, *, paths: str, score: str, train: str
) -> Iterator[tuple[Responses, Response]]:
    """Yield usable answers with the path to what they answer, each once."""
    done: set[str] = set()
    for path in chosen_paths(forest, paths, score):
        answers = [(place, one) for place, one in enumerate(path) if usable(one) and place]
        for place, answer in answers[-1:] if train == "last" else answers:
            if answer.response_id not in done:
                done.add(answer.response_id)
                yield path[:place], answer


FORMAT = Format(
    name="sft",
    title="prompts with the completion to train on (TRL prompt-completion, JSON Lines)",
    suffix=".jsonl",
    write=_write,
    options=(PATHS, SCORE, _TRAIN),
    losses=(
        *CHAIN_LOSSES,
        "settings, but for the tools that the answer was offered",
        "roots that answer nothing, partial responses and those that say nothing",
        "what follows the last answer of a path",
    ),
)
