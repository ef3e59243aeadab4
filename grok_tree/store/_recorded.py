"""How stateless clients find their way back: by what was said on a path, and by names of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select

from grok_tree.forest import Attachment, ResponseId, Sender, ToolCall, id_text
from grok_tree.store import _schema as tables
from grok_tree.store._naming import batches, raw_id
from grok_tree.store._rows import SENDERS, decode_facts

_c, _r, _p, _g = (
    tables.conversation.c,
    tables.response.c,
    tables.recorded_path.c,
    tables.recorded_group.c,
)
_parent = tables.response.alias("parent")
_IS_SHOWN = and_(_r.hidden_at == 0, _c.deleted.is_(False))


class Child(NamedTuple):
    """A response that says what was looked for, with what it has beside its text."""

    response_id: ResponseId
    attachments: tuple[Attachment, ...]
    tool_calls: tuple[ToolCall, ...]
    tool_call_id: str


class RecordedReader:
    """What can be asked about recorded paths, inside one snapshot."""

    _connection: Connection

    def recorded_paths(
        self, path_hashes: Sequence[bytes], *, conversation_id: str = ""
    ) -> dict[bytes, list[ResponseId]]:
        """Return the visible responses at the end of recorded paths, oldest first.

        Args:
            path_hashes: Of the paths.
            conversation_id: Look only there; empty for everywhere.
        """
        found: dict[bytes, list[ResponseId]] = {}
        query = (
            select(_p.path_hash, _r.id)
            .join(tables.response, _r.key == _p.response_key)
            .join(tables.conversation, _c.key == _r.conversation_key)
            .where(_IS_SHOWN)
            .order_by(_r.key)
        )
        if conversation_id:
            query = query.where(_c.id == raw_id(conversation_id))
        for some in batches(path_hashes):
            for row in self._connection.execute(query.where(_p.path_hash.in_(some))):
                found.setdefault(row.path_hash, []).append(ResponseId(id_text(row.id)))
        return found

    def recorded_hash(self, response_id: str) -> bytes | None:
        """Return the hash of the recorded path that ends in a response, None when it has none."""
        query = (
            select(_p.path_hash)
            .join(tables.response, _r.key == _p.response_key)
            .where(_r.id == raw_id(response_id))
        )
        found: bytes | None = self._connection.execute(query).scalar()
        return found

    def children_saying(
        self, parent_ids: Sequence[str], sender: Sender, message: str
    ) -> list[Child]:
        """Return the visible children of some responses that say exactly this, oldest first."""
        query = (
            select(_r.key, _r.id, _r.facts)
            .join(
                _parent,
                and_(
                    _parent.c.conversation_key == _r.conversation_key,
                    _parent.c.position == _r.parent_position,
                ),
            )
            .where(_r.sender == SENDERS.index(sender), _r.message == message, _r.hidden_at == 0)
        )
        rows: list[Any] = []
        for some in batches([raw_id(one) for one in parent_ids]):
            rows += self._connection.execute(query.where(_parent.c.id.in_(some)))
        rows.sort(key=lambda row: row.key)
        return [_child(row) for row in rows]

    def recorded_group(self, group_hash: bytes) -> str | None:
        """Return the conversation of a named group, None when there is none or it was deleted."""
        query = (
            select(_c.id)
            .join(tables.recorded_group, _g.conversation_key == _c.key)
            .where(_g.group_hash == group_hash, _c.deleted.is_(False))
        )
        found: bytes | None = self._connection.execute(query).scalar()
        return None if found is None else id_text(found)


class RecordedWriter(RecordedReader):
    """What is noted of recorded paths, inside one transaction."""

    def note_paths(self, path_hashes: Mapping[ResponseId, bytes]) -> None:
        """Note which paths end in some responses."""
        for some in batches(list(path_hashes)):
            found = select(_r.key, _r.id).where(_r.id.in_(map(raw_id, some)))
            rows = [
                {"response_key": row.key, "path_hash": path_hashes[ResponseId(id_text(row.id))]}
                for row in self._connection.execute(found)
            ]
            self._connection.execute(insert(tables.recorded_path), rows)

    def note_group(self, group_hash: bytes, conversation_id: str) -> None:
        """Note which conversation a named group is from now on."""
        self._connection.execute(delete(tables.recorded_group).where(_g.group_hash == group_hash))
        key = select(_c.key).where(_c.id == raw_id(conversation_id)).scalar_subquery()
        stored = {"group_hash": group_hash, "conversation_key": key}
        self._connection.execute(insert(tables.recorded_group).values(stored))


def _child(row: Any) -> Child:
    facts = decode_facts(row.facts)
    response_id = ResponseId(id_text(row.id))
    return Child(response_id, facts.attachments, facts.tool_calls, facts.tool_call_id)
