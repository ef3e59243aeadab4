"""What the contract asks of a backend: one blocking method an operation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from grok_tree.forest import MarkChange
from grok_tree.testing._seen import SeenChange, SeenConversation, SeenResponse, TurnIds


class Backend(Protocol):
    """A way to reach forests: the use cases themselves, or a client of a server.

    The default model is ``scripted/echo``. Each method returns when its effect is stored, and
    raises the classes of `grok_tree.errors`. Ids are those of the server.
    """

    def create(self, *, title: str = "") -> str:
        """Begin a conversation and return its id."""

    def set_title(self, conversation_id: str, title: str) -> None:
        """Rename a conversation."""

    def set_starred(self, conversation_id: str, *, starred: bool) -> None:
        """Star a conversation, or take the star away."""

    def set_deleted(self, conversation_id: str, *, deleted: bool) -> None:
        """Delete a conversation, or restore it."""

    def generate_title(self, conversation_id: str) -> str:
        """Let the model write the title and return it."""

    def listed(self, *, deleted: bool = False) -> list[str]:
        """Return the ids of conversations, last modified first."""

    def seen(self, conversation_id: str) -> SeenConversation:
        """Read a conversation and its visible responses."""

    def turn(
        self, conversation_id: str, message: str, parent: str | None, *, n: int = 1
    ) -> TurnIds:
        """Say something below `parent` (None: as a new root) and sample n answers.

        An empty message samples directly below the parent.
        """

    def cut(self, conversation_id: str, message: str, *, model_name: str, after: int) -> TurnIds:
        """Begin a turn as a new root, leave its stream after some tokens, wait until it is kept."""

    def begin(self, conversation_id: str, message: str, *, model_name: str) -> str:
        """Begin a detached turn as a new root, leave its stream at once, and return the answer."""

    def attached(self, response_id: str) -> tuple[str, SeenResponse]:
        """Follow an answer to its end; return the texts that came, joined, and what is stored.

        Raises what made it fail.
        """

    def resume(self, response_id: str, *, model_name: str = "") -> TurnIds:
        """Continue a partial response; empty asks its own model."""

    def fork(self, response_id: str, offset: int, text: str, *, n: int = 1) -> TurnIds:
        """Keep an answer up to a character, force a text, and sample on with ``scripted/echo``."""

    def resample(self, response_id: str, *, n: int = 1) -> TurnIds:
        """Sample n siblings of a response."""

    def replace(self, response_id: str, text: str) -> TurnIds:
        """Add a sibling with other text."""

    def add_by_hand(self, conversation_id: str, text: str, parent: str | None) -> str:
        """Add a model's response written by a person, make it the leaf, and return its id."""

    def select(self, conversation_id: str, response_id: str | None) -> None:
        """Move the leaf."""

    def mark(self, response_id: str, change: MarkChange) -> None:
        """Star, tag, note or score a response."""

    def delete(self, response_id: str) -> int:
        """Hide a response and everything below it; return how many were hidden."""

    def restore(self, response_id: str) -> int:
        """Undo one deletion; return how many are visible again."""

    def purge(self, response_id: str) -> int:
        """Remove the contents of a deleted response and what is below; return how many."""

    def purge_conversation(self, conversation_id: str) -> int:
        """Remove a deleted conversation for good; return how many responses it had."""

    def share(self, response_id: str) -> str:
        """Publish the path to a response and return its address."""

    def unshare(self, response_id: str) -> int:
        """Take back every share of a response; return how many there were."""

    def found(self, word: str) -> set[tuple[str, str | None]]:
        """Return conversation and response of each place of a word; None for a title."""

    def watched(self, conversation_id: str, n: int) -> list[SeenChange]:
        """Watch a conversation from its beginning until n changes of responses were told."""


OpenBackend = Callable[[], AbstractContextManager[Backend]]
"""Opens a backend over an empty database, and closes it when the block is left."""
