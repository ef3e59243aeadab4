"""A made-up ChatGPT export of any size: long metadata, retries, edits, 5 to 400 messages each."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

SHARD_CONVERSATIONS = 100
_TEXT = """the of and to in is that for it as was with be by on not he his but at are this have
from or model tree branch answer prompt token sample context window because however therefore about
{code} \\frac{1}{2} "quoted" it's naïve déjà 東京 😀 https://example.org/a?b=c&d=e ```python
"""


def write_export(path: Path, n_bytes: int, *, sharded: bool = False, seed: int = 1) -> int:
    """Write an export of about a size and return the number of its conversations.

    Args:
        path: Of the file; of the folder, where it is sharded.
        n_bytes: About how large.
        sharded: Write files of a hundred conversations, as exports since 2026 are.
        seed: Of all that is random.
    """
    made = _Export(random.Random(seed)).conversations(n_bytes)
    if not sharded:
        return _write_array(path, made)
    path.mkdir()
    n_written = 0
    for number, first in enumerate(made):
        n_written += _write_array(path / f"conversations-{number:03}.json", _some(first, made))
    return n_written


def _some(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    for _, one in zip(range(SHARD_CONVERSATIONS - 1), rest, strict=False):
        yield one


def _write_array(path: Path, elements: Iterator[str]) -> int:
    n_written = 0
    with path.open("w", encoding="utf-8") as file:
        for element in elements:
            file.write(", " if n_written else "[")
            file.write(element)
            n_written += 1
        file.write("]")
    return n_written


class _Export:
    def __init__(self, randomness: random.Random) -> None:
        self._random = randomness
        self._time = 1.7e9
        words = " ".join(randomness.choices(_TEXT.split(), k=200_000))
        self._text = json.dumps(words.replace(". ", ".\n"))[1:-1]
        self._plain = self._text.replace('\\"', "'").replace("\\", "/")

    def conversations(self, n_bytes: int) -> Iterator[str]:
        """Yield conversations until they have about so many bytes."""
        left = n_bytes
        while left > 0:
            one = self._conversation()
            left -= len(one.encode()) + 2
            yield one

    def _conversation(self) -> str:
        n_messages = min(400, 5 + int(self._random.expovariate(1 / 60)))
        key, root, begun = self._id(), self._id(), self._time
        parents = {root: ""}
        tips = [root]
        nodes = [(root, "", "null")]
        for number in range(n_messages):
            # Mostly on, sometimes again from where it stood before: a retry or an edit.
            back = self._random.choice((1, 1, 1, 1, 1, 1, 1, 2, 3, 4))
            above = tips[-min(back, len(tips))]
            one = self._id()
            parents[one] = above
            tips.append(one)
            nodes.append((one, above, self._message(one, number)))
        children: dict[str, list[str]] = {one: [] for one in parents}
        for one, above in parents.items():
            if above:
                children[above].append(one)
        mapping = ", ".join(
            f'"{one}": {{"id": "{one}", "message": {message}, "parent":'
            f" {json.dumps(above or None)}, \"children\": {json.dumps(children[one])}}}"
            for one, above, message in nodes
        )  # fmt: skip
        return (
            f'{{"title": "{self._words(40)}", "create_time": {begun:.6f}, "update_time":'
            f' {self._time:.6f}, "mapping": {{{mapping}}}, "moderation_results": [],'
            f' "current_node": "{tips[-1]}", "plugin_ids": null, "conversation_id": "{key}",'
            f' "conversation_template_id": null, "gizmo_id": null, "is_archived": false,'
            f' "safe_urls": [], "default_model_slug": "gpt-4o", "is_starred": null, "id": "{key}"}}'
        )

    def _message(self, key: str, number: int) -> str:
        self._time += self._random.uniform(1, 100)
        role = ("user", "assistant")[number % 2]
        length = min(20_000, int(self._random.lognormvariate(6.3, 1)))
        citations = ", ".join(self._citation() for _ in range(self._random.choice((0, 0, 1, 3))))
        return (
            f'{{"id": "{key}", "author": {{"role": "{role}", "name": null, "metadata": {{}}}},'
            f' "create_time": {self._time:.6f}, "update_time": null, "content": {{"content_type":'
            f' "text", "parts": ["{self._words(length)}"]}}, "status": "finished_successfully",'
            f' "end_turn": {"true" if number % 2 else "null"}, "weight": 1.0, "metadata":'
            f' {{"citations": [{citations}], "content_references": [{citations}], "gizmo_id": null,'
            f' "request_id": "{self._id()}", "message_type": null, "model_slug": "gpt-4o",'
            f' "default_model_slug": "gpt-4o", "parent_id": "{self._id()}", "finish_details":'
            f' {{"type": "stop", "stop_tokens": [200002]}}, "is_complete": true,'
            f' "serialization_metadata": {{"custom_symbol_offsets": []}}, "timestamp_": "absolute"'
            f'}}, "recipient": "all", "channel": null}}'
        )

    def _citation(self) -> str:
        at = self._random.randrange(500)
        return (
            f'{{"start_ix": {at}, "end_ix": {at + 12}, "citation_format_type": "tether_og",'
            f' "metadata": {{"type": "webpage", "title": "{self._words(50)}", "url":'
            f' "https://example.org/{self._id()}", "text": "{self._words(200)}", "pub_date": null,'
            f' "extra": {{"cited_message_idx": 4, "evidence_text": "source"}}}}}}'
        )

    def _words(self, n_characters: int) -> str:
        """Return a piece of JSON text that is cut between words."""
        text = self._text if n_characters > 60 else self._plain
        at = text.index(" ", self._random.randrange(len(text) - n_characters - 100)) + 1
        return text[at : text.index(" ", at + n_characters)]

    def _id(self) -> str:
        text = f"{self._random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
