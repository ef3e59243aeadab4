"""What only a mirror writes: rows as another database has them, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text, update

from grok_tree.forest import Conversation, Response, Share, TokenLogprob, id_bytes
from grok_tree.store import _schema as tables
from grok_tree.store._batch import ROW_COLUMNS, facts_of
from grok_tree.store._naming import batches, raw_id
from grok_tree.store._prepared import Prepared
from grok_tree.store._purge import remove_conversation
from grok_tree.store._reader import Reader, share_url_name
from grok_tree.store._rows import (
    MANUAL,
    NO_PARENT,
    PARTIAL,
    REASONS,
    SENDERS,
    SHARED,
    Cursor,
    Orphan,
    content_hash,
    encode_facts,
    encode_logprobs,
    encode_marks,
    microseconds,
)
from grok_tree.store._search import unindex

_AFTER_ALL = 2**31
"""Where a cursor without a position stands within its revision: after every position."""

_c, _r, _m = tables.conversation.c, tables.response.c, tables.mirrored.c
_INSERT = Prepared(insert(tables.response).inline(), *ROW_COLUMNS)
_CHANGES = (
    *("revision", "hidden_at", "flags", "finish_reason", "model_name"),
    *("message", "reasoning", "facts", "marks", "content_hash"),
)
"""What may change of a response; where it stands never does."""
_UPDATE = (
    update(tables.response)
    .where(_r.key == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGES})
)
_ATTACH = (
    update(tables.response)
    .where(_r.conversation_key == bindparam("in_key"), _r.position == bindparam("at"))
    .values(parent_position=bindparam("parent"), content_hash=bindparam("hash"))
)
_KEEP_CURSOR = text(
    "INSERT INTO mirrored (conversation_key, revision, position, synced_us)"
    " VALUES (:key, :revision, :position, :now)"
    " ON CONFLICT (conversation_key) DO UPDATE"
    " SET revision = excluded.revision, position = excluded.position,"
    " synced_us = excluded.synced_us"
)


class MirrorWriter(Reader):
    """The writes of a mirror; they repeat what a server has, and decide nothing themselves."""

    def keep_conversation(self, conversation: Conversation) -> int:
        """Take a conversation's own fields, unless newer ones are here; return its key."""
        raw = id_bytes(conversation.conversation_id)
        found = self._connection.execute(select(_c.key, _c.revision).where(_c.id == raw)).first()
        values = _conversation_values(conversation)
        if found is None:
            values |= {"id": raw, "next_position": 0, "leaf_position": None}
            made = self._connection.execute(insert(tables.conversation).values(values))
            return int(made.inserted_primary_key[0])  # type: ignore[index]
        if conversation.revision >= found.revision:
            values |= self._leaf(found.key, conversation)
            changed = update(tables.conversation).where(_c.key == found.key)
            self._connection.execute(changed.values(values))
        return int(found.key)

    def apply_changes(
        self,
        conversation: Conversation,
        responses: Sequence[Response],
        cursor: Cursor,
        *,
        now: datetime,
        orphans: Sequence[Orphan] = (),
    ) -> list[Orphan]:
        """Take what changed on the server, with how far that brings this mirror.

        Rows that are newer here stay. While a response's parent is missing, the cursor that is
        kept stays before the response, so that a copy that is cut meets it again.

        Args:
            conversation: Its own fields.
            responses: By revision and position, following on what was applied before.
            cursor: Of the last one; position -1 after all of its revision.
            now: When the server said so.
            orphans: What the call before returned.

        Returns:
            The responses that still wait for their parent; none when the copy is complete.
        """
        key = self.keep_conversation(conversation)
        parents = self._positions({one.parent_id for one in orphans}, responses)
        self._store(key, responses, parents)
        found = [_orphan(one) for one in responses if _is_orphan(one, parents)]
        waiting = [*self._attach(key, orphans, parents), *found]
        self._grow(key, conversation, responses)
        self._move_cursor(key, min([cursor, *(one.before for one in waiting)], key=_order), now)
        return waiting

    def keep_logprobs(self, response_id: str, logprobs: Sequence[TokenLogprob]) -> None:
        """Take the log-probabilities of a response.

        Raises:
            ResponseNotFound: It was not copied yet.
        """
        key = self._response_row(response_id).key
        kept = tables.logprobs
        self._connection.execute(delete(kept).where(kept.c.response_key == key))
        tokens = encode_logprobs(logprobs)
        self._connection.execute(insert(kept).values(response_key=key, tokens=tokens))

    def keep_shares(self, conversation_id: str, shares: Sequence[Share], url: str) -> None:
        """Take the shares of a conversation, all of them, and the form of their addresses.

        Raises:
            NotFoundError: The conversation, or what is shared, was not copied yet.
        """
        key = self._conversation_row(conversation_id).key
        self._forget_shares(key)
        for share in shares:
            values = {
                "share_id": share.share_id,
                "response_key": self._response_row(share.response_id).key,
                "created_us": microseconds(share.create_time),
            }
            self._connection.execute(insert(tables.share).values(values))
        self.set_meta(share_url_name(key), url)

    def mark_deleted(self, conversation_id: str) -> None:
        """Note that the server has a conversation among the deleted ones."""
        which = _c.id == raw_id(conversation_id)
        self._connection.execute(update(tables.conversation).where(which).values(deleted=True))

    def forget_conversation(self, conversation_id: str) -> None:
        """Remove a conversation that the server has no more, with all that belongs to it."""
        found = select(_c.key).where(_c.id == raw_id(conversation_id))
        key = self._connection.execute(found).scalar()
        if key is not None:
            self._forget_shares(key)
            remove_conversation(self._connection, key)

    def set_meta(self, name: str, value: str) -> None:
        """Keep a fact about the database itself."""
        self._connection.execute(delete(tables.meta).where(tables.meta.c.name == name))
        self._connection.execute(insert(tables.meta).values(name=name, value=value))

    def _forget_shares(self, key: int) -> None:
        keys = select(_r.key).where(_r.conversation_key == key)
        share, meta = tables.share, tables.meta
        self._connection.execute(delete(share).where(share.c.response_key.in_(keys)))
        self._connection.execute(delete(meta).where(meta.c.name == share_url_name(key)))

    def _forget_logprobs(self, keys: Sequence[int]) -> None:
        """Forget more of what is now hidden than its texts."""
        of = tables.logprobs.c.response_key
        for some in batches(keys):
            self._connection.execute(delete(tables.logprobs).where(of.in_(some)))

    def _positions(self, wanted: set[bytes], responses: Sequence[Response]) -> dict[bytes, int]:
        """Return the positions of all parents that are here or in this batch."""
        batch = {id_bytes(one.response_id): one.position for one in responses}
        wanted |= {id_bytes(one.parent_response_id) for one in responses if one.parent_response_id}
        for some in batches(list(wanted - batch.keys())):
            query = select(_r.id, _r.position).where(_r.id.in_(some))
            batch.update({row.id: row.position for row in self._connection.execute(query)})
        return batch

    def _store(self, key: int, responses: Sequence[Response], parents: dict[bytes, int]) -> None:
        known = self._known(key, responses)
        new = [_row(key, one, parents) for one in responses if one.position not in known]
        if new:
            _INSERT.run_many(self._connection, [tuple(row.values()) for row in new])
        changed = [
            (known[one.position], one)
            for one in responses
            if one.position in known and one.revision >= known[one.position].revision
        ]
        lost = [
            _orphan(one)
            for one in responses
            if one.parent_response_id
            and one.position in known
            and known[one.position].parent_position == NO_PARENT
        ]
        self._attach(key, lost, parents)
        if changed:
            texts = [(old.key, old.message) for old, one in changed if old.message != one.message]
            unindex(self._connection, texts)
            values = [_changes(old.key, _row(key, one, parents)) for old, one in changed]
            self._connection.execute(_UPDATE, values)
            self._forget_logprobs([old.key for old, one in changed if one.deleted])

    def _known(self, key: int, responses: Sequence[Response]) -> dict[int, Any]:
        """Return the rows that are here already, by position."""
        query = select(_c.next_position).where(_c.key == key)
        end: int = self._connection.execute(query).scalar_one()
        found = {}
        for some in batches([one.position for one in responses if one.position < end]):
            rows = select(_r.position, _r.parent_position, _r.key, _r.revision, _r.message).where(
                _r.conversation_key == key, _r.position.in_(some)
            )
            found.update({row.position: row for row in self._connection.execute(rows)})
        return found

    def _attach(
        self, key: int, orphans: Sequence[Orphan], parents: dict[bytes, int]
    ) -> list[Orphan]:
        """Attach responses whose parents have come; return the others."""
        values = [
            {
                "in_key": key,
                "at": one.position,
                "parent": parents[one.parent_id],
                "hash": one.content_hash,
            }
            for one in orphans
            if one.parent_id in parents
        ]
        if values:
            self._connection.execute(_ATTACH, values)
        return [one for one in orphans if one.parent_id not in parents]

    def _grow(self, key: int, conversation: Conversation, responses: Sequence[Response]) -> None:
        end = max((one.position + 1 for one in responses), default=0)
        query = select(_c.next_position, _c.revision).where(_c.key == key)
        found = self._connection.execute(query).one()
        values = {"next_position": max(found.next_position, end)}
        if conversation.revision >= found.revision:
            values |= self._leaf(key, conversation)
        self._connection.execute(update(tables.conversation).where(_c.key == key).values(values))

    def _leaf(self, key: int, conversation: Conversation) -> dict[str, Any]:
        """Return where the leaf is, nothing if it is a response that is not here yet."""
        leaf = conversation.leaf_response_id
        if leaf is None:
            return {"leaf_position": None}
        query = select(_r.position).where(_r.id == id_bytes(leaf), _r.conversation_key == key)
        position = self._connection.execute(query).scalar()
        return {} if position is None else {"leaf_position": position}

    def _move_cursor(self, key: int, cursor: Cursor, now: datetime) -> None:
        query = select(_m.revision, _m.position).where(_m.conversation_key == key)
        row = self._connection.execute(query).first()
        if row is not None:
            # Another handle may have copied more meanwhile.
            cursor = max(cursor, Cursor(row.revision, row.position), key=_order)
        values = {"revision": cursor.revision, "position": cursor.position}
        self._connection.execute(_KEEP_CURSOR, {"key": key, "now": microseconds(now), **values})


def _order(cursor: Cursor) -> tuple[int, int]:
    return cursor.revision, _AFTER_ALL if cursor.position < 0 else cursor.position


def _is_orphan(response: Response, parents: dict[bytes, int]) -> bool:
    parent = response.parent_response_id
    return parent is not None and id_bytes(parent) not in parents


def _orphan(response: Response) -> Orphan:
    assert response.parent_response_id is not None
    # Never position 0, which is a root.
    before = Cursor(response.revision, response.position - 1)
    return Orphan(
        response.position, id_bytes(response.parent_response_id), before, _content_hash(response)
    )


def _conversation_values(conversation: Conversation) -> dict[str, Any]:
    return {
        "title": conversation.title,
        "starred": conversation.starred,
        "created_us": microseconds(conversation.create_time),
        "modified_us": microseconds(conversation.modify_time),
        "model_name": conversation.model_name,
        "system_prompt": conversation.system_prompt,
        "system_prompt_name": conversation.system_prompt_name,
        "revision": conversation.revision,
        "n_visible": conversation.n_responses,
        "deleted": conversation.deleted,
    }


def _row(key: int, response: Response, parents: dict[bytes, int]) -> dict[str, Any]:
    """Return the values of a row, in the order of `ROW_COLUMNS`."""
    sender = SENDERS.index(response.sender)
    above = response.parent_response_id
    parent = None if above is None else id_bytes(above)
    reason = response.finish_reason
    flags = MANUAL * response.manual | PARTIAL * response.partial | SHARED * response.shared
    return {
        "conversation_key": key,
        "position": response.position,
        "parent_position": NO_PARENT if parent is None else parents.get(parent, NO_PARENT),
        "id": id_bytes(response.response_id),
        "revision": response.revision,
        "hidden_at": response.revision if response.deleted else 0,
        "sender": sender,
        # Nobody feeds it here: what still grows on the server counts as partial.
        "flags": flags,
        "finish_reason": None if reason is None else REASONS.index(reason),
        "created_us": microseconds(response.create_time),
        "model_name": response.model_name or None,
        "message": response.message,
        "reasoning": response.reasoning or None,
        "facts": encode_facts(facts_of(response)),
        "marks": encode_marks(response.marks),
        # Without its parent it would not be found to be what it is.
        "content_hash": None if _is_orphan(response, parents) else _content_hash(response),
    }


def _content_hash(response: Response) -> bytes | None:
    if response.deleted:
        return None  # a tombstone comes without the text that the hash was made of
    above = response.parent_response_id
    parent = None if above is None else id_bytes(above)
    sender = SENDERS.index(response.sender)
    return content_hash(sender, parent, response.message, response.reasoning)


def _changes(key: int, row: dict[str, Any]) -> dict[str, Any]:
    return {"of": key, **{f"new_{name}": row[name] for name in _CHANGES}}
