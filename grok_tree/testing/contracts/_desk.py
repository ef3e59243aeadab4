"""A store with shorthands, as the tests of stores need them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from grok_tree.forest import (
    Conversation,
    ConversationId,
    Response,
    ResponseDraft,
    ResponseId,
    Sender,
)
from grok_tree.store import NewResponse, Reader, Store, Writer
from grok_tree.testing._fakes import CountingIds, FrozenClock

T = TypeVar("T")


class Desk:
    """A store with shorthands; every write is a second after the last one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FrozenClock()
        self.ids = CountingIds()

    def write(self, work: Callable[[Writer], T]) -> T:
        """Do work in a transaction of its own."""
        self.clock.advance(1)
        return self.store.submit(work).result()

    def read(self, look: Callable[[Reader], T]) -> T:
        """Look at a snapshot of its own."""
        with self.store.read() as reader:
            return look(reader)

    def conversation(self, title: str = "") -> ConversationId:
        """Store an empty conversation."""
        now = self.clock.now()
        made = Conversation(
            conversation_id=ConversationId(self.ids.new_id()),
            create_time=now,
            modify_time=now,
            title=title,
            revision=1,
        )
        self.write(lambda writer: writer.insert_conversation(made))
        return made.conversation_id

    def add(
        self,
        conversation_id: str,
        message: str = "text",
        parent: str | None = None,
        *,
        sender: Sender = "human",
        growing: bool = False,
    ) -> ResponseId:
        """Store one response and return its id."""
        draft = ResponseDraft(
            sender=sender,
            message=message,
            parent_response_id=None if parent is None else ResponseId(parent),
            partial=growing,
        )
        new = NewResponse(ResponseId(self.ids.new_id()), draft, growing=growing)
        now = self.clock.now()
        self.write(lambda writer: writer.add_responses(conversation_id, [new], now=now))
        return new.response_id

    def response(self, response_id: str) -> Response:
        """Read one response."""
        return self.read(lambda reader: reader.response(response_id))

    def see(self, conversation_id: str) -> Conversation:
        """Read one conversation."""
        return self.read(lambda reader: reader.conversation(conversation_id))
