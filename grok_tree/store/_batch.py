"""Making the rows of new responses, and the values that the caller gets back for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    ConversationId,
    Response,
    ResponseDraft,
    ResponseId,
    id_bytes,
)
from grok_tree.store._rows import (
    GROWING,
    MANUAL,
    NO_PARENT,
    PARTIAL,
    REASONS,
    SENDERS,
    Facts,
    Finish,
    NewResponse,
    content_hash,
    encode_facts,
    encode_marks,
    microseconds,
)

ROW_COLUMNS = (
    "conversation_key",
    "position",
    "parent_position",
    "id",
    "revision",
    "hidden_at",
    "sender",
    "flags",
    "finish_reason",
    "created_us",
    "model_name",
    "message",
    "reasoning",
    "facts",
    "marks",
    "content_hash",
)
"""What a new response brings, in the order of the table; its key comes from the database."""


class Batch:
    """Responses that are added together, at one revision.

    Attributes:
        rows: For the insert, in order; values as `ROW_COLUMNS` name them.
        responses: The same as values.
        conversation_id: Where they go.
        revision: Theirs, and the conversation's after the insert.
    """

    def __init__(
        self,
        conversation_id: str,
        counters: Any,
        now: datetime,
        place: Callable[[str], Any],
    ) -> None:
        """Begin an empty batch.

        Args:
            conversation_id: Where the responses go.
            counters: The conversation's key, revision and next position.
            now: The time of those that bring none.
            place: Finds the position and the conversation of a stored parent.
        """
        self.conversation_id = ConversationId(conversation_id)
        self._key = counters.key
        self._next = counters.next_position
        self._now = now
        self._place = place
        self.revision = counters.revision + 1
        self.rows: list[tuple[Any, ...]] = []
        self.responses: list[Response] = []

    def add(self, new: NewResponse) -> None:
        """Append one response.

        Raises:
            ResponseNotFound: Its parent does not exist.
            InvalidOperationError: Its parent belongs to another conversation.
        """
        parent_id, parent_position = self._parent(new.draft)
        self._append(self._response(new, parent_id), parent_position, growing=new.growing)

    def take(self, response: Response, parent_position: int) -> None:
        """Append one response as it is, with its id.

        Args:
            response: Its own position and revision are not looked at, and stay in `responses`.
            parent_position: That of its parent, `NO_PARENT` for a root.
        """
        self._append(response, parent_position)

    def _parent(self, draft: ResponseDraft) -> tuple[ResponseId | None, int]:
        if draft.parent_index is not None:
            return self.responses[draft.parent_index].response_id, self._next + draft.parent_index
        if draft.parent_response_id is None:
            return None, NO_PARENT
        place = self._place(draft.parent_response_id)
        if place.conversation_key != self._key:
            raise InvalidOperationError(
                f"response {draft.parent_response_id} belongs to another conversation than"
                f" {self.conversation_id}; a response attaches within its own",
                response_id=draft.parent_response_id,
                conversation_id=self.conversation_id,
            )
        return draft.parent_response_id, place.position

    def _response(self, new: NewResponse, parent_id: ResponseId | None) -> Response:
        draft = new.draft
        return Response(
            response_id=new.response_id,
            conversation_id=self.conversation_id,
            parent_response_id=parent_id,
            sender=draft.sender,
            message=draft.message,
            create_time=draft.create_time or self._now,
            reasoning=draft.reasoning,
            manual=new.manual,
            partial=draft.partial or new.growing,
            query=draft.query,
            query_type=draft.query_type,
            attachments=draft.attachments,
            tool_calls=draft.tool_calls,
            tool_call_id=draft.tool_call_id,
            citations=draft.citations,
            encrypted_reasoning=draft.encrypted_reasoning,
            model_name=draft.model_name,
            finish_reason=draft.finish_reason,
            settings=draft.settings,
            usage=draft.usage,
            timing=draft.timing,
            origin=draft.origin,
            marks=draft.marks,
            position=self._next + len(self.responses),
            revision=self.revision,
        )

    def _append(self, response: Response, parent_position: int, *, growing: bool = False) -> None:
        position = self._next + len(self.rows)
        self.responses.append(response)
        sender = SENDERS.index(response.sender)
        flags = MANUAL * response.manual | PARTIAL * response.partial | GROWING * growing
        parent = (
            None if response.parent_response_id is None else id_bytes(response.parent_response_id)
        )
        reason = response.finish_reason
        row = (
            self._key,
            position,
            parent_position,
            id_bytes(response.response_id),
            self.revision,
            0,
            sender,
            flags,
            None if reason is None else REASONS.index(reason),
            microseconds(response.create_time),
            response.model_name or None,
            response.message,
            response.reasoning or None,
            encode_facts(facts_of(response)),
            encode_marks(response.marks),
            None if growing else content_hash(sender, parent, response.message, response.reasoning),
        )
        self.rows.append(row)


def finished_facts(facts: Facts, finish: Finish) -> Facts:
    """Return the facts of a response that has ended."""
    provenance = {**facts.origin.provenance, **finish.provenance}
    origin = msgspec.structs.replace(facts.origin, provenance=provenance)
    return Facts(
        settings=facts.settings,
        usage=finish.usage,
        timing=finish.timing,
        origin=origin,
        query=finish.query,
        query_type=finish.query_type,
        attachments=finish.attachments,
        tool_calls=finish.tool_calls,
        citations=finish.citations,
        encrypted_reasoning=finish.encrypted_reasoning,
    )


def facts_of(response: Response) -> Facts:
    """Return what is stored of a response in one blob."""
    return Facts(
        settings=response.settings,
        usage=response.usage,
        timing=response.timing,
        origin=response.origin,
        query=response.query,
        query_type=response.query_type,
        attachments=response.attachments,
        tool_calls=response.tool_calls,
        tool_call_id=response.tool_call_id,
        citations=response.citations,
        encrypted_reasoning=response.encrypted_reasoning,
    )
