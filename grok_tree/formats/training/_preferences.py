"""Records that say which answer is better: pairs, single verdicts, steps; and prompts.

What is better has the score `PREFERENCE` 1, what is worse 0; a pair is two siblings below its
prompt. A single verdict (``label``) is the same score on the one answer. Of steps, each has the
score `STEP` 1 or 0. Scores that a record names are kept as ``score``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from grok_tree.forest import Marks, Settings
from grok_tree.formats._format import Format, Found
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import SourceConversation, SourceNode, node
from grok_tree.formats.training._records import (
    Record,
    found_in,
    name_of,
    record_keys,
    record_of,
    with_rest,
)
from grok_tree.formats.training._turns import (
    are_held,
    hung,
    is_said,
    message_node,
    message_nodes,
    raw_text,
    tools_of,
)

PREFERENCE = "preference"
"""Name of the score of an answer that was preferred (1) or rejected (0)."""

STEP = "step"
"""Name of the score of a step that was judged right (1) or wrong (0)."""

_SPLIT = "prompt_split: the prompt was not told apart; it is what both answers begin with"
_TURN = re.compile(r"\n\n(Human|Assistant):")
_CHOSEN, _REJECTED = ("chosen", "chosen_messages"), ("rejected", "rejected_messages")
_PROMPTS = ("prompt", "conversations", "messages", "question", "instruction")
_LABELS = ("label", "kto_tag")
_OTHERS = {"message_tree_id", "conversationId", "mapping", "request", "response", "custom_id"}


def _detect(source: Opened) -> bool:
    keys = record_keys(source)
    pairs = not keys.isdisjoint(_CHOSEN) and not keys.isdisjoint(_REJECTED)
    judged = not keys.isdisjoint(_LABELS) and not keys.isdisjoint(
        {"completion", "messages", "conversations"}
    )
    completed = "prompt" in keys and not keys.isdisjoint({"completion", "completions"})
    completed = completed or {"instruction", "output"} <= keys
    known = pairs or judged or completed or _are_prompts(keys)
    return known and keys.isdisjoint(_OTHERS)


def _are_prompts(keys: frozenset[str]) -> bool:
    tops = {key for key in keys if "." not in key} - {"item"}
    return "prompt" in tops and tops <= {"prompt", "id", "tools", "images", "source", "system"}


def _read(source: Opened) -> Iterator[Found]:
    yield from found_in(source, _conversation)


def _conversation(value: Any) -> SourceConversation:
    record = record_of(value)
    used: set[str] = {"id", "system"}
    settings = Settings()
    if (tools := tools_of(record.get("tools"))) is not None:
        used |= {"tools"} if are_held(record.get("tools")) else set()
        settings = Settings(tools=tools)
    reader = _Reader(record, used, settings)
    nodes = reader.nodes()
    rest = {name: one for name, one in record.items() if name not in used and is_said(one)}
    return SourceConversation(
        nodes=with_rest(nodes, rest),
        key=name_of(record),
        system_prompt=raw_text(record.get("system")),
        repairs=tuple(reader.repairs),
    )


class _Reader:
    """Reads one record, and notes which of its fields became part of the conversation."""

    def __init__(self, record: Record, used: set[str], settings: Settings) -> None:
        self._record = record
        self._used = used
        self._settings = settings
        self.repairs: list[str] = []

    def nodes(self) -> list[SourceNode]:
        chosen, rejected = self._take(_CHOSEN), self._take(_REJECTED)
        if chosen is not None or rejected is not None:
            return self._pair(chosen, rejected)
        if isinstance(steps := self._record.get("completions"), list):
            return self._steps(steps)
        return self._judged()

    def _pair(self, chosen: Any, rejected: Any) -> list[SourceNode]:
        prompt = self._prompt()
        better, worse = self._side(chosen), self._side(rejected)
        if not prompt and isinstance(chosen, str) and isinstance(rejected, str):
            shared = self._split(better, worse)
        else:
            for side in (better, worse):
                if _begins(side, prompt):
                    del side[: len(prompt)]
            shared = _shared(better, worse)
        prompt = prompt + shared
        self._score(better, PREFERENCE, 1.0)
        self._score(worse, PREFERENCE, 0.0)
        self._rated(better, "score_chosen")
        self._rated(worse, "score_rejected")
        below = len(prompt) - 1 if prompt else None
        nodes = hung(prompt) + hung(better, below=below, place=len(prompt))
        return nodes + hung(worse, below=below, place=len(nodes))

    def _steps(self, steps: list[Any]) -> list[SourceNode]:
        self._used.add("completions")
        prompt = self._prompt()
        told = [node("assistant", raw_text(step), settings=self._settings) for step in steps]
        labels = self._record.get("labels")
        if isinstance(labels, list) and len(labels) <= len(told) and _are_verdicts(labels):
            self._used.add("labels")
            for one, label in zip(told, labels, strict=False):
                self._score([one], STEP, float(label))
        return hung(prompt + told)

    def _judged(self) -> list[SourceNode]:
        nodes = self._prompt()
        judged = nodes[-1:]
        completion = self._take(("completion", "output"))
        if completion is not None:
            judged = self._side(completion)
            if _begins(judged, nodes):
                del judged[: len(nodes)]
            nodes += judged
        for name in _LABELS:
            label: Any = self._record.get(name)
            if judged and _are_verdicts([label]):
                self._used.add(name)
                self._score(judged, PREFERENCE, float(label))
        return hung(nodes)

    def _take(self, names: Sequence[str]) -> Any:
        for name in names:
            if self._record.get(name) is not None:
                self._used.add(name)
                return self._record[name]
        return None

    def _prompt(self) -> list[SourceNode]:
        found = self._take(_PROMPTS)
        if found is None:
            return []
        if isinstance(found, list):
            return message_nodes(found, settings=self._settings)
        more = self._take(("input",)) if "instruction" in self._used else None
        texts = [raw_text(one) for one in (found, more) if is_said(one)]
        return [node("human", "\n".join(texts))]

    def _side(self, found: Any) -> list[SourceNode]:
        """Return an answer, which may have several messages or the whole conversation."""
        if isinstance(found, list):
            return message_nodes(found, settings=self._settings)
        if isinstance(found, dict):
            return [message_node(found, settings=self._settings)]
        if found is None:
            return []
        return [node("assistant", raw_text(found), settings=self._settings)]

    def _split(self, better: list[SourceNode], worse: list[SourceNode]) -> list[SourceNode]:
        """Part two texts without a prompt into the prompt and what differs."""
        first, second = better[0].said.message, worse[0].said.message
        if _TURN.match(first) and _TURN.match(second):
            better[:], worse[:] = _dialogue(first), _dialogue(second)
            return _shared(better, worse)
        length = _same(first, second)
        if not length:
            return []
        self.repairs.append(_SPLIT)
        better[:] = [node("assistant", first[length:], settings=self._settings)]
        worse[:] = [node("assistant", second[length:], settings=self._settings)]
        return [node("human", first[:length])]

    def _rated(self, side: list[SourceNode], name: str) -> None:
        value = self._record.get(name)
        if side and isinstance(value, int | float) and not isinstance(value, bool):
            self._used.add(name)
            self._score(side, "score", float(value))

    def _score(self, side: list[SourceNode], name: str, value: float) -> None:
        """Give the first message of an answer a score: it is the sibling of the other one's."""
        if side:
            marks = Marks(scores={**side[0].said.marks.scores, name: value})
            side[0].said = msgspec.structs.replace(side[0].said, marks=marks)


def _begins(nodes: Sequence[SourceNode], prompt: Sequence[SourceNode]) -> bool:
    """Whether an answer repeats the prompt before it says something."""
    return bool(prompt) and len(nodes) > len(prompt) and _same_turns(nodes, prompt) == len(prompt)


def _shared(better: list[SourceNode], worse: list[SourceNode]) -> list[SourceNode]:
    """Take from two answers the messages that both begin with, but not all of either."""
    longest = min(len(better), len(worse)) - 1
    length = min(longest, _same_turns(better, worse)) if longest > 0 else 0
    shared = better[:length]
    del better[:length], worse[:length]
    return shared


def _same_turns(one: Sequence[SourceNode], other: Sequence[SourceNode]) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if (left.said, left.raw) != (right.said, right.raw):
            break
        length += 1
    return length


def _dialogue(text: str) -> list[SourceNode]:
    """Return turns that are marked in one text as nodes."""
    _, *parts = _TURN.split(text)
    return [
        node("human" if speaker == "Human" else "assistant", said.removeprefix(" "))
        for speaker, said in zip(parts[::2], parts[1::2], strict=True)
    ]


def _same(first: str, second: str) -> int:
    """Return how many characters are the same, up to the end of a word."""
    shortest = min(len(first), len(second))
    length = next((n for n in range(shortest) if first[n] != second[n]), shortest)
    while length and not first[length - 1].isspace():
        length -= 1
    return length


def _are_verdicts(labels: Sequence[Any]) -> bool:
    """Whether each is right or wrong, however it is written."""
    return all(isinstance(one, bool | int | float) and one in (0, 1) for one in labels)


FORMAT = Format(
    name="preference",
    title="pairs of answers, verdicts, steps, prompts with or without an answer (TRL, Alpaca,"
    " LLaMA-Factory; JSON or JSON Lines)",
    suffix=".jsonl",
    detect=_detect,
    read=_read,
)
