"""Everything that changes a forest on disk, inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from grok_tree.errors import (
    ConflictError,
    ConversationDeletedError,
    ResponseNotFound,
)
from grok_tree.forest import (
    Conversation,
    ConversationChange,
    Marks,
    Response,
    ResponseId,
    TokenLogprob,
    id_bytes,
)
from grok_tree.store import _schema as tables
from grok_tree.store._batch import ROW_COLUMNS, Batch, finished_facts
from grok_tree.store._budgets import BudgetWriter
from grok_tree.store._deleting import DeletingWriter
from grok_tree.store._files import FileWriter
from grok_tree.store._naming import (
    no_conversation,
    no_response,
    raw_id,
)
from grok_tree.store._prepared import Prepared
from grok_tree.store._recorded import RecordedWriter
from grok_tree.store._rows import (
    GROWING,
    NO_PARENT,
    PARTIAL,
    REASONS,
    SHARED,
    Finish,
    NewResponse,
    content_hash,
    decode_facts,
    encode_facts,
    encode_logprobs,
    encode_marks,
    microseconds,
)
from grok_tree.store._search import index_some, note_unindexed

_c, _r = tables.conversation.c, tables.response.c
# Built once: on the way of every turn, making a statement costs more than running it.
_COUNTERS = Prepared(
    select(_c.key, _c.revision, _c.next_position, _c.n_visible, _c.leaf_position, _c.deleted)
    .where(_c.id == bindparam("conversation"))
    # Positions are given out under it, for the day when several servers share a database.
    .with_for_update()
)
_PLACE = Prepared(
    select(_r.position, _r.conversation_key, _r.hidden_at).where(_r.id == bindparam("parent"))
)
_BEGIN = Prepared(
    insert(tables.conversation).inline(), *(name for name in tables.conversation.columns.keys()[1:])
)
_INSERT_RESPONSES = Prepared(insert(tables.response).inline(), *ROW_COLUMNS)
_GROWN = Prepared(
    update(tables.conversation)
    .where(_c.key == bindparam("of"))
    .values(
        next_position=bindparam("next"),
        n_visible=bindparam("visible"),
        leaf_position=bindparam("leaf"),
        revision=bindparam("now_at"),
        modified_us=bindparam("at"),
    )
)
_REMEMBER = Prepared(insert(tables.request).inline(), *tables.request.c.keys())


class Writer(DeletingWriter, FileWriter, BudgetWriter, RecordedWriter):
    """Reads and writes of one transaction; valid only inside the work that was submitted."""

    def insert_conversation(self, conversation: Conversation) -> None:
        """Store a new, empty conversation."""
        self.touched[id_bytes(conversation.conversation_id)] = conversation.revision
        values = {
            "id": id_bytes(conversation.conversation_id),
            "title": conversation.title,
            "starred": conversation.starred,
            "created_us": microseconds(conversation.create_time),
            "modified_us": microseconds(conversation.modify_time),
            "model_name": conversation.model_name,
            "system_prompt": conversation.system_prompt,
            "system_prompt_name": conversation.system_prompt_name,
            "revision": conversation.revision,
            "leaf_position": None,
            "next_position": 0,
            "n_visible": 0,
            "deleted": False,
        }
        _BEGIN.run(self._connection, values)

    def update_conversation(
        self, conversation_id: str, change: ConversationChange, now: datetime
    ) -> Conversation:
        """Change the fields that are set and return the conversation.

        Raises:
            ConversationNotFound: There is none of this id.
            ResponseNotFound: The new leaf does not exist in it.
        """
        row = self._conversation_row(conversation_id)
        values = {
            name: value
            for name, value in msgspec.structs.asdict(change).items()
            if value is not msgspec.UNSET
        }
        if "leaf_response_id" in values:
            leaf = values.pop("leaf_response_id")
            values["leaf_position"] = None if leaf is None else self._position(leaf, row.key)
        self._touch(row.key, self._revision(row.key) + 1, now, values, of=row.id)
        return self.conversation(conversation_id)

    def set_conversation_deleted(
        self, conversation_id: str, *, deleted: bool, now: datetime
    ) -> Conversation:
        """Hide or show a conversation and return it."""
        row = self._conversation_row(conversation_id)
        changed = {"deleted": deleted}
        self._touch(row.key, self._revision(row.key) + 1, now, changed, of=row.id)
        return self.conversation(conversation_id)

    def add_responses(
        self,
        conversation_id: str,
        new: Sequence[NewResponse],
        *,
        now: datetime,
        leaf_index: int | None = None,
    ) -> list[Response]:
        """Store responses in the order given; the cost does not depend on what is there.

        Raises:
            ConversationNotFound: There is no such conversation.
            ConversationDeletedError: It was deleted.
            ResponseNotFound: A parent does not exist, or was deleted.
            InvalidOperationError: A parent belongs to another conversation.
        """
        counters = self._counters(conversation_id)
        if not new:
            return []
        batch = Batch(conversation_id, counters, now, self._place)
        for one in new:
            batch.add(one)
        first = counters.next_position
        leaf = counters.leaf_position if leaf_index is None else first + leaf_index
        return self._insert(batch, counters, now, leaf=leaf)

    def add_ready(
        self,
        conversation_id: str,
        responses: Sequence[Response],
        parents: Sequence[int],
        *,
        places: Mapping[int, int],
        now: datetime,
        logprobs: Mapping[ResponseId, Sequence[TokenLogprob]],
        leaf: int | None = None,
    ) -> None:
        """Store responses that have their ids already.

        Args:
            conversation_id: Where they go.
            responses: Every parent before its children.
            parents: The number of each one's parent among `responses`, `NO_PARENT` for none.
            places: For those whose parent was stored before, the parent's position by number.
            now: When the conversation changed.
            logprobs: Of the tokens of some of them.
            leaf: The number of the one that becomes the leaf; None leaves it where it is.

        Raises:
            ConversationNotFound: There is no such conversation.
            ConversationDeletedError: It was deleted.
        """
        counters = self._counters(conversation_id)
        batch = Batch(conversation_id, counters, now, self._place)
        for number, (response, parent) in enumerate(zip(responses, parents, strict=True)):
            position = counters.next_position + parent if parent >= 0 else NO_PARENT
            batch.take(response, places.get(number, position))
        at = counters.leaf_position if leaf is None else counters.next_position + leaf
        self._insert(batch, counters, now, leaf=at)
        for response_id, tokens in logprobs.items():
            key = self._response_row(response_id).key
            stored = {"response_key": key, "tokens": encode_logprobs(tokens)}
            self._connection.execute(insert(tables.logprobs), stored)

    def _insert(
        self, batch: Batch, counters: Any, now: datetime, *, leaf: int | None
    ) -> list[Response]:
        added = batch.responses
        _INSERT_RESPONSES.run_many(self._connection, batch.rows)
        _GROWN.run(
            self._connection,
            {
                "of": counters.key,
                "next": counters.next_position + len(added),
                "visible": counters.n_visible + len(added),
                "leaf": leaf,
                "now_at": batch.revision,
                "at": microseconds(now),
            },
        )
        self.touched[raw_id(batch.conversation_id)] = batch.revision
        for response in added:
            if any(one.file_id for one in response.attachments):
                self._note_files(self._response_row(response.response_id).key, response.attachments)
        return added

    def grow(self, response_id: str, *, message: str, reasoning: str, now: datetime) -> None:
        """Save what has come of a growing response; one that has ended stays as it is."""
        row = self._response_row(response_id)
        if row.flags & GROWING:
            values = {"message": message, "reasoning": reasoning or None}
            self._change_response(row, values, now)

    def finish(
        self, response_id: str, finish: Finish, *, now: datetime, move_leaf: bool
    ) -> Response:
        """End a growing response and return it.

        Raises:
            ConflictError: It has ended before.
        """
        row = self._response_row(response_id)
        if not row.flags & GROWING:
            raise ConflictError(
                f"response {response_id} has ended before; a response ends once",
                response_id=response_id,
            )
        flags = row.flags & ~(GROWING | PARTIAL) | (PARTIAL if finish.partial else 0)
        values = {
            "message": finish.message,
            "reasoning": finish.reasoning or None,
            "flags": flags,
            "finish_reason": REASONS.index(finish.finish_reason),
            "facts": encode_facts(finished_facts(decode_facts(row.facts), finish)),
            "content_hash": content_hash(
                row.sender, row.parent_id, finish.message, finish.reasoning
            ),
        }
        leaf = {"leaf_position": row.position} if move_leaf and not row.hidden_at else {}
        self._change_response(row, values, now, leaf)
        note_unindexed(self._connection, row.key)
        if finish.attachments:
            self._note_files(row.key, finish.attachments)
        if finish.logprobs:
            stored = {"response_key": row.key, "tokens": encode_logprobs(finish.logprobs)}
            self._connection.execute(insert(tables.logprobs), stored)
        return self.response(response_id)

    def set_marks(self, response_id: str, marks: Marks, *, now: datetime) -> Response:
        """Replace the marks of a response and return it."""
        row = self._response_row(response_id)
        self._change_response(row, {"marks": encode_marks(marks)}, now)
        return self.response(response_id)

    def add_share(self, share_id: str, response_id: str, now: datetime) -> None:
        """Publish the path to a response under an id."""
        row = self._response_row(response_id)
        stored = {
            "share_id": share_id,
            "response_key": row.key,
            "created_us": microseconds(now),
        }
        self._connection.execute(insert(tables.share), stored)
        self._change_response(row, {"flags": row.flags | SHARED}, now)

    def remove_shares(
        self, *, now: datetime, share_id: str | None = None, response_id: str | None = None
    ) -> int:
        """Take back one share, or every share of a response; return how many there were."""
        if share_id is not None:
            response_id = self.share(share_id).response_id
        assert response_id is not None
        row = self._response_row(response_id)
        shares = tables.share.c
        of_response = shares.response_key == row.key
        which = of_response if share_id is None else shares.share_id == share_id
        n_removed = self._connection.execute(delete(tables.share).where(which)).rowcount
        left = self._connection.execute(select(shares.key).where(of_response)).first()
        if n_removed and left is None:
            self._change_response(row, {"flags": row.flags & ~SHARED}, now)
        return n_removed

    def remember(
        self, request_id: str, *, method: str, fingerprint: bytes, result: bytes, now: datetime
    ) -> None:
        """Keep the first result of a request."""
        stored = {
            "request_id": request_id,
            "method": method,
            "fingerprint": fingerprint,
            "result": result,
            "created_us": microseconds(now),
        }
        _REMEMBER.run(self._connection, stored)

    def forget_requests(self, before: datetime) -> int:
        """Drop results that are older; return how many."""
        old = tables.request.c.created_us < microseconds(before)
        return self._connection.execute(delete(tables.request).where(old)).rowcount

    def interrupt_growing(self, now: datetime, ends: Mapping[str, Finish] | None = None) -> int:
        """Make partial responses of all that still grow, because nobody feeds them any more.

        Args:
            now: The time.
            ends: How some of them end; the others with what is stored.
        """
        growing = self.growing()
        for response_id in growing:
            row = self._response_row(response_id)
            finish = (ends or {}).get(response_id) or Finish(
                message=row.message,
                reasoning=row.reasoning or "",
                partial=True,
                finish_reason="failed",
                timing=decode_facts(row.facts).timing,
            )
            self.finish(response_id, finish, now=now, move_leaf=False)
        return len(growing)

    def index_rest(self) -> None:
        """Index every finished response, so that a search that follows finds all of them."""
        while index_some(self._connection):
            pass

    def _counters(self, conversation_id: str) -> Any:
        row = _COUNTERS.first(self._connection, {"conversation": raw_id(conversation_id)})
        if row is None:
            raise no_conversation(conversation_id)
        if row.deleted:
            raise ConversationDeletedError(
                f"conversation {conversation_id} was deleted; restore() it first",
                conversation_id=conversation_id,
            )
        return row

    def _place(self, parent_id: str) -> Any:
        row = _PLACE.first(self._connection, {"parent": raw_id(parent_id)})
        if row is None:
            raise no_response(parent_id)
        if row.hidden_at:
            raise ResponseNotFound(
                f"response {parent_id} was deleted; restore() it first", response_id=parent_id
            )
        return row

    def _position(self, response_id: str, conversation_key: int) -> int:
        place = self._place(response_id)
        if place.conversation_key != conversation_key:
            raise no_response(response_id)
        position: int = place.position
        return position
