"""A recorded forest, asked as a model is: what was answered below this path?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from grok_tree.forest import Response, Settings
from grok_tree.samplers._contract import Prompt, Recorded, Turn

_COMPARED = 2_000
"""Of two messages, so many characters at the end are compared for how alike they are."""

_MOST_COMPARED = 500
"""Prompts that are compared; the newest."""

Key = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """A recorded answer.

    Attributes:
        response: As it was recorded.
        asked: What it answers.
        system_prompt: In force when it was sampled.
    """

    response: Response
    asked: Turn
    system_prompt: str

    def begins(self, prefill: str) -> bool:
        """Whether it was continued from this beginning, and no other."""
        begun = self.response.origin.sampled_from
        return begun == len(prefill) and self.response.message.startswith(prefill)


@dataclass(frozen=True)
class Found:
    """Answers of a recording that fit a prompt, in the order they were given.

    Attributes:
        answers: At least one, unless nothing fits.
        how: How they fit: ``exact``, or what is different.
    """

    answers: Sequence[Answer]
    how: str = "exact"


class Recording:
    """The answers of a recorded file, by the path that they answer."""

    def __init__(self, recorded: Sequence[Recorded], model_name: str = "") -> None:
        """Index a recording.

        Args:
            recorded: Its conversations.
            model_name: Only answers of this model; empty for all.
        """
        self._answers: dict[Key, list[Answer]] = defaultdict(list)
        for one in recorded:
            for key, answer in _answers(one):
                if not model_name or answer.response.model_name == model_name:
                    self._answers[key].append(answer)

    def __len__(self) -> int:
        return sum(map(len, self._answers.values()))

    def exact(self, path: Sequence[Turn], prompt: Prompt, settings: Settings) -> Found:
        """Return the answers to this very path, asked with these very settings.

        Args:
            path: The prompt's path.
            prompt: Its system prompt and its prefill count, too.
            settings: With the seed of the sibling.
        """
        here = [one for one in self._here(path, prompt) if one.response.settings == settings]
        return Found(here)

    def nearest(self, path: Sequence[Turn], prompt: Prompt, settings: Settings) -> Found:
        """Return the answers that fit best; nothing only if nothing was recorded."""
        exact = self.exact(path, prompt, settings)
        if exact.answers:
            return exact
        if here := list(self._here(path, prompt)):
            return Found(here, "asked with other settings")
        return self._alike(path[-1])

    def _here(self, path: Sequence[Turn], prompt: Prompt) -> Iterator[Answer]:
        for answer in self._answers.get(_key(path), ()):
            if answer.system_prompt == prompt.system_prompt and answer.begins(prompt.prefill):
                yield answer

    def _alike(self, last: Turn) -> Found:
        best, best_ratio = [], -1.0
        for answers in list(self._answers.values())[-_MOST_COMPARED:]:
            whole = [one for one in answers if one.begins("")]
            ratio = _likeness(whole[0].asked.message, last.message) if whole else -1.0
            if ratio > best_ratio:
                best, best_ratio = whole, ratio
        return Found(best, f"to another prompt, {max(0.0, best_ratio):.0%} alike")


def _answers(recorded: Recorded) -> Iterator[tuple[Key, Answer]]:
    """Yield each sampled answer of a conversation with the key of the path that it answers."""
    keys: dict[str, Key] = {}
    turns: dict[str, Turn] = {}
    for response in recorded.responses:
        above = keys.get(response.parent_response_id or "", ())
        turn = _turn(response)
        if response.sender == "assistant" and not response.manual and above:
            asked = turns[response.parent_response_id or ""]
            own = response.origin.system_prompt
            system_prompt = recorded.conversation.system_prompt if own is None else own
            yield above, Answer(response, asked, system_prompt)
        keys[response.response_id] = _longer(above, turn)
        turns[response.response_id] = turn


def _turn(response: Response) -> Turn:
    return Turn(response.sender, response.message, tool_call_id=response.tool_call_id)


def _key(path: Sequence[Turn]) -> Key:
    key: Key = ()
    for turn in path:
        key = _longer(key, turn)
    return key


def _longer(key: Key, turn: Turn) -> Key:
    """Return the key of a path that is one turn longer; a key has one text whatever the depth."""
    return (digest("".join(key), turn.sender, turn.tool_call_id, turn.message),)


def digest(*texts: str) -> str:
    """Return a hash of texts that tells where each ends."""
    from hashlib import blake2b

    found = blake2b(digest_size=16)
    for text in texts:
        data = text.encode()
        found.update(len(data).to_bytes(8, "big"))
        found.update(data)
    return found.hexdigest()


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one[-_COMPARED:], other[-_COMPARED:], autojunk=False).ratio()
