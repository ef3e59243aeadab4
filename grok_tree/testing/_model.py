"""What every backend must behave like: forests in plain dictionaries, written to be obvious.

Nothing here is quick and nothing is stored. The model does not invent ids: an operation that makes
something is told the ids that the real backend gave, so that both can be compared as they are.
Errors are raised as the real classes, with messages that nobody reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from grok_tree.errors import (
    ConversationDeletedError,
    ConversationNotFound,
    InvalidOperationError,
    ResponseNotFound,
)
from grok_tree.testing._seen import SeenConversation, SeenResponse, TurnIds


@dataclass
class ModelConversation:
    """One conversation with its responses in order of creation.

    Attributes:
        hidden_by: Response to the response whose deletion hides it.
        n_shares: Response to the number of its shares.
        modified: Number of the change that touched it last.
    """

    conversation_id: str
    title: str = ""
    starred: bool = False
    leaf: str | None = None
    deleted: bool = False
    modified: int = 0
    responses: dict[str, SeenResponse] = field(default_factory=dict)
    hidden_by: dict[str, str] = field(default_factory=dict)
    n_shares: dict[str, int] = field(default_factory=dict)


class ModelForest:
    """All conversations of one server, with ``scripted/echo`` as the only model."""

    def __init__(self) -> None:
        self.conversations: dict[str, ModelConversation] = {}
        self._n_changes = 0

    # Conversations

    def create(self, conversation_id: str, *, title: str = "") -> None:
        """Begin a conversation."""
        made = ModelConversation(conversation_id, title)
        self.conversations[conversation_id] = made
        self._touch(made)

    def set_title(self, conversation_id: str, title: str) -> None:
        """Rename a conversation."""
        found = self._live(conversation_id)
        found.title = title
        self._touch(found)

    def set_starred(self, conversation_id: str, *, starred: bool) -> None:
        """Star a conversation, or take the star away."""
        found = self._live(conversation_id)
        found.starred = starred
        self._touch(found)

    def set_deleted(self, conversation_id: str, *, deleted: bool) -> None:
        """Hide a conversation, or show it again."""
        found = self._any(conversation_id)
        if found.deleted != deleted:
            found.deleted = deleted
            self._touch(found)

    def listed(self, *, deleted: bool = False) -> list[str]:
        """Return the ids of conversations, last modified first."""
        found = [c for c in self.conversations.values() if c.deleted == deleted]
        return [c.conversation_id for c in sorted(found, key=lambda c: -c.modified)]

    def seen(self, conversation_id: str) -> SeenConversation:
        """Return what can be seen of a conversation."""
        found = self._live(conversation_id)
        visible = [r for r in found.responses.values() if r.response_id not in found.hidden_by]
        return SeenConversation(found.title, found.starred, found.leaf, tuple(visible))

    # Turns

    def turn(self, conversation_id: str, message: str, parent: str | None, *, ids: TurnIds) -> None:
        """Add a human response, unless the message is empty, and sample below it."""
        if not message and parent is None:
            raise InvalidOperationError("an empty message without a parent")
        conversation = self._live(conversation_id)
        if parent is not None:
            self._visible(conversation, parent)
        origin: tuple[str, str | None] = ("manual", None) if message else ("sampled", None)
        self._sample(conversation, message, parent, ids=ids, origin=origin)

    def resample(self, response_id: str, *, ids: TurnIds) -> None:
        """Sample siblings of a model's response."""
        conversation, response = self._find(response_id)
        if response.sender != "assistant" or response.parent is None:
            raise InvalidOperationError("only a model's response with a parent")
        origin = ("resampled", response_id)
        self._sample(conversation, "", response.parent, ids=ids, origin=origin)

    def replace(self, response_id: str, text: str, *, ids: TurnIds) -> None:
        """Add a sibling with other text; below a human one, sample an answer to it."""
        conversation, response = self._find(response_id)
        origin = ("replaced", response_id)
        if response.sender == "human":
            self._sample(conversation, text, response.parent, ids=ids, origin=origin)
        else:
            self._write(conversation, ids.answers[0], response.parent, text=text, origin=origin)

    def add_by_hand(
        self, conversation_id: str, text: str, parent: str | None, *, response_id: str
    ) -> None:
        """Add a model's response that a person wrote."""
        conversation = self._live(conversation_id)
        if parent is not None:
            self._visible(conversation, parent)
        self._write(conversation, response_id, parent, text=text, origin=("manual", None))

    def select(self, conversation_id: str, response_id: str | None) -> None:
        """Move the leaf."""
        conversation = self._live(conversation_id)
        if response_id is not None:
            self._visible(conversation, response_id)
        conversation.leaf = response_id
        self._touch(conversation)

    # Responses

    def mark(self, response_id: str, **changes: object) -> None:
        """Set fields of a response that are marks: starred, tags, note, scores."""
        conversation, response = self._find(response_id)
        conversation.responses[response_id] = replace(response, **changes)  # type: ignore[arg-type]
        self._touch(conversation)

    def delete(self, response_id: str) -> int:
        """Hide a response and what is visible below it; return how many were hidden."""
        conversation, _ = self._find(response_id)
        below = [
            other
            for other in conversation.responses
            if response_id in self._path(conversation, other)
            and other not in conversation.hidden_by
        ]
        conversation.hidden_by.update(dict.fromkeys(below, response_id))
        while conversation.leaf in conversation.hidden_by:
            conversation.leaf = conversation.responses[conversation.leaf].parent
        self._touch(conversation)
        return len(below)

    def restore(self, response_id: str) -> int:
        """Undo one deletion; return how many are visible again."""
        conversation, response = self._find(response_id, hidden=True)
        if response.parent in conversation.hidden_by:
            raise InvalidOperationError("its parent is deleted")
        hidden = [r for r, by in conversation.hidden_by.items() if by == response_id]
        for other in hidden:
            del conversation.hidden_by[other]
        if hidden:
            self._touch(conversation)
        return len(hidden)

    def share(self, response_id: str) -> None:
        """Publish the path to a response once more."""
        conversation, response = self._find(response_id)
        conversation.n_shares[response_id] = conversation.n_shares.get(response_id, 0) + 1
        conversation.responses[response_id] = replace(response, shared=True)
        self._touch(conversation)

    def unshare(self, response_id: str) -> int:
        """Take back every share of a response; return how many there were."""
        conversation, response = self._find(response_id)
        conversation.responses[response_id] = replace(response, shared=False)
        n_shares = conversation.n_shares.pop(response_id, 0)
        if n_shares:
            self._touch(conversation)
        return n_shares

    def found(self, word: str) -> set[tuple[str, str | None]]:
        """Return conversation and response of each place of a word; None for a title."""
        places: set[tuple[str, str | None]] = set()
        for conversation_id in self.listed():
            if word in _words(self.conversations[conversation_id].title):
                places.add((conversation_id, None))
            for response in self.seen(conversation_id).responses:
                if word in _words(response.message):
                    places.add((conversation_id, response.response_id))
        return places

    # What the operations are made of

    def _sample(
        self,
        conversation: ModelConversation,
        message: str,
        parent: str | None,
        *,
        ids: TurnIds,
        origin: tuple[str, str | None],
    ) -> None:
        if ids.human is not None:
            human = SeenResponse(ids.human, parent, "human", message, origin=origin)
            conversation.responses[ids.human] = human
            parent, origin = ids.human, ("sampled", None)
        for answer in ids.answers:
            text = f"echo: {self._last_human(conversation, parent)}"
            made = SeenResponse(
                answer, parent, "assistant", text, finish_reason="stop", origin=origin
            )
            conversation.responses[answer] = made
        conversation.leaf = ids.answers[0]
        self._touch(conversation)

    def _write(
        self,
        conversation: ModelConversation,
        response_id: str,
        parent: str | None,
        *,
        text: str,
        origin: tuple[str, str | None],
    ) -> None:
        made = SeenResponse(response_id, parent, "assistant", text, manual=True, origin=origin)
        conversation.responses[response_id] = made
        conversation.leaf = response_id
        self._touch(conversation)

    def _last_human(self, conversation: ModelConversation, response_id: str | None) -> str:
        path = self._path(conversation, response_id)
        said = [conversation.responses[r] for r in path]
        return next((r.message for r in reversed(said) if r.sender == "human"), "")

    def _path(self, conversation: ModelConversation, response_id: str | None) -> list[str]:
        path: list[str] = []
        while response_id is not None:
            path.insert(0, response_id)
            response_id = conversation.responses[response_id].parent
        return path

    def _touch(self, conversation: ModelConversation) -> None:
        self._n_changes += 1
        conversation.modified = self._n_changes

    def _any(self, conversation_id: str) -> ModelConversation:
        if conversation_id not in self.conversations:
            raise ConversationNotFound("no such conversation")
        return self.conversations[conversation_id]

    def _live(self, conversation_id: str) -> ModelConversation:
        if self._any(conversation_id).deleted:
            raise ConversationDeletedError("deleted")
        return self.conversations[conversation_id]

    def _find(
        self, response_id: str, *, hidden: bool = False
    ) -> tuple[ModelConversation, SeenResponse]:
        for conversation in self.conversations.values():
            if response_id in conversation.responses:
                self._live(conversation.conversation_id)
                if not hidden:
                    self._visible(conversation, response_id)
                return conversation, conversation.responses[response_id]
        raise ResponseNotFound("no such response")

    def _visible(self, conversation: ModelConversation, response_id: str) -> None:
        if response_id not in conversation.responses or response_id in conversation.hidden_by:
            raise ResponseNotFound("no such visible response")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
