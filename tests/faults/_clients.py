"""Clients that remember everything a server has acknowledged to them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from grok_tree.wire import pb
from tests.faults._servers import heard, heard_to_the_end, new_request_id

MODELS = ("scripted/echo", "scripted/words-150")
"""The second says so much that its answers are saved while they grow."""

Kind = Literal["asks", "has", "will note", "noted", "will delete", "deleted"]


@dataclass
class Told:
    """What clients were told, and what they have asked for and were not told yet.

    Attributes:
        texts: Text of every acknowledged response by its id.
        notes: The last acknowledged note of a response.
        deleted: Responses whose deletion was acknowledged.
        asked: Every text that was ever sent, acknowledged or not; no two are the same.
        pending_notes: The note of a response that may have been stored.
        pending_deletes: Responses that may have been deleted.
        n_calls: Acknowledged changes.
    """

    texts: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    pending_notes: dict[str, str] = field(default_factory=dict)
    pending_deletes: set[str] = field(default_factory=set)
    n_calls: int = 0

    def take(self, kind: Kind, key: str, text: str = "") -> None:
        """Remember what was asked for or told of a response."""
        match kind:
            case "asks":
                self.asked.add(text)
            case "has":
                self.texts[key] = text
            case "will note":
                self.pending_notes[key] = text
            case "noted":
                self.notes[key] = self.pending_notes.pop(key)
            case "will delete":
                self.pending_deletes.add(key)
            case "deleted":
                self.deleted.add(key)


class Scribe:
    """One client, busy in a conversation of its own; a call that was not heard is repeated."""

    def __init__(self, name: str, calls: Any, told: Told, randomness: random.Random) -> None:
        self._name = name
        self._calls = calls
        self._told = told
        self._random = randomness
        self._n_asked = 0
        self._known: list[str] = []
        self.conversation_id = ""

    async def begin(self) -> None:
        """Create the conversation."""
        request = pb.CreateConversationRequest(request_id=new_request_id(), title=self._name)
        created = await heard(self._calls.CreateConversation, request)
        self.conversation_id = created.conversation_id

    async def work(self) -> None:
        """Change something, and remember it once it is acknowledged."""
        kinds = [self._add, self._sample, self._note, self._delete]
        (kind,) = self._random.choices(kinds, weights=[4, 3, 3, 1])
        await kind()
        self._told.n_calls += 1

    def _text(self) -> str:
        self._n_asked += 1
        text = f"{self._name} says {self._n_asked}"
        self._told.take("asks", "", text)
        return text

    def _some(self) -> str:
        return self._random.choice(self._known) if self._known else ""

    async def _add(self) -> None:
        n = self._random.randint(1, 3)
        drafts = [
            pb.ResponseDraft(sender="human", message=self._text(), parent_response_id=self._some())
            for _ in range(n)
        ]
        request = pb.AddResponsesRequest(
            request_id=new_request_id(), conversation_id=self.conversation_id, drafts=drafts
        )
        stored = await heard(self._calls.AddResponses, request)
        for draft, response in zip(drafts, stored.responses, strict=True):
            self._keep(response.response_id, draft.message)

    async def _sample(self) -> None:
        message = self._text()
        request = pb.SampleRequest(
            request_id=new_request_id(),
            conversation_id=self.conversation_id,
            parent_response_id=self._some(),
            message=message,
            model_name=self._random.choice(MODELS),
        )
        told = await heard_to_the_end(self._calls.Sample, request)
        for events in told:
            if events.HasField("started"):
                self._keep(events.started.human_response.response_id, message)
            for ended in events.ended:
                self._keep(ended.response.response_id, ended.response.message)

    async def _note(self) -> None:
        response_id = self._some()
        if not response_id:
            return await self._add()
        note = self._text()
        request = pb.MarkResponseRequest(
            request_id=new_request_id(), response_id=response_id, note=note
        )
        self._told.take("will note", response_id, note)
        await heard(self._calls.MarkResponse, request)
        self._told.take("noted", response_id)
        return None

    async def _delete(self) -> None:
        """Add a response and delete it, which no other one hangs from."""
        await self._add()
        response_id = self._known.pop()
        request = pb.DeleteResponseRequest(request_id=new_request_id(), response_id=response_id)
        self._told.take("will delete", response_id)
        await heard(self._calls.DeleteResponse, request)
        self._told.take("deleted", response_id)

    def _keep(self, response_id: str, text: str) -> None:
        self._told.take("has", response_id, text)
        self._known.append(response_id)


def lost_or_twice(told: Told, found: Iterable[Any]) -> list[str]:
    """Compare the responses that are there with what was told; return what differs."""
    there = {response.response_id: response for response in found}
    wrong = [f"{key} was lost" for key in told.texts if key not in there]
    for key, text in told.texts.items():
        if key in there:
            wrong += _differences(told, there[key], text)
    counted = Counter(one.message for one in there.values() if one.sender == "human")
    del counted[""]  # of those that were deleted
    wrong += [f"{text!r} is there {n} times" for text, n in counted.items() if n > 1]
    return wrong + [f"nobody said {text!r}" for text in counted if text not in told.asked]


def _differences(told: Told, response: Any, text: str) -> Iterator[str]:
    key = response.response_id
    if response.deleted:
        if key not in told.deleted | told.pending_deletes:
            yield f"{key} is deleted"
    elif key in told.deleted:
        yield f"{key} is there although it was deleted"
    elif response.message != text:
        yield f"{key} says {response.message!r}, not {text!r}"
    notes = (told.notes.get(key, ""), told.pending_notes.get(key))
    if response.marks.note not in notes:
        yield f"{key} has the note {response.marks.note!r}, not {notes[0]!r}"
