"""Pairs for preference training: a prompt, the better and the worse answer below it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from grok_tree.forest import Forest
from grok_tree.formats._format import Format, Option
from grok_tree.formats._paths import SCORE, Deciding
from grok_tree.formats.training._turns import line, message_of
from grok_tree.formats.training._verdicts import iter_forks, pairs_of, prompt_of

VERDICT_LOSSES = (
    "answers of which nothing says whether they are better or worse",
    "roots, which have no prompt, and what follows an answer",
    "partial responses and those that say nothing",
    "all fields of responses but sender, message, reasoning, tool_calls and tool_call_id",
    "all fields of the conversation but system_prompt",
)

_PAIRS = Option(
    name="pairs",
    choices=("best-vs-rest", "all", "best-vs-worst"),
    help="which siblings make a pair: the best with each that is worse, every better with every"
    " worse one, or only the best with the worst",
)


def _write(forests: Iterable[Forest], file: BinaryIO, *, pairs: str, score: str) -> int:
    written = 0
    for forest in forests:
        conversation = forest.conversation
        seen: set[str] = set()
        deciding = Deciding(forest, score)
        for prompt, answers in iter_forks(forest):
            found = pairs_of(answers, pairs=pairs, deciding=deciding)
            if not found:
                continue
            path = forest.path(prompt)
            said = prompt_of(forest, path, answers[0])
            seen.update(path.ids)
            for better, worse in found:
                seen.update((better.response_id, worse.response_id))
                record = {
                    "prompt": said,
                    "chosen": [message_of(better)],
                    "rejected": [message_of(worse)],
                    "conversation_id": conversation.conversation_id,
                    "prompt_ids": path.ids,
                    "chosen_id": better.response_id,
                    "rejected_id": worse.response_id,
                }
                file.write(line(record))
        written += len(seen)
    return written


FORMAT = Format(
    name="dpo",
    title="pairs of a better and a worse answer (TRL preference, JSON Lines)",
    suffix=".jsonl",
    write=_write,
    options=(_PAIRS, SCORE),
    losses=(*VERDICT_LOSSES, "by how much an answer is better"),
)
