"""What is stored under ids that come from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from grok_tree.forest import ConversationId, Response, ResponseId, id_bytes, id_text
from grok_tree.store import _schema as tables
from grok_tree.store._naming import raw_id
from grok_tree.store._prepared import Prepared
from grok_tree.store._rows import GROWING, PURGED, SENDERS, content_hash

_c, _r = tables.conversation.c, tables.response.c


_AT_ONCE = 64
_NAMES = [f"id{number}" for number in range(_AT_ONCE)]
_KNOWN = Prepared(
    select(
        _r.id,
        _c.id.label("conversation_id"),
        _r.position,
        _r.content_hash,
        _r.hidden_at,
        _r.flags,
    )
    .join(tables.conversation, _c.key == _r.conversation_key)
    .where(_r.id.in_([bindparam(name) for name in _NAMES]))
)


class Known(NamedTuple):
    """What is stored under an id.

    Attributes:
        conversation_id: Where.
        position: Its place there.
        content_hash: As `said_hash`; None while it grows.
        hidden: It was deleted.
        growing: It is still being sampled.
        purged: Its contents were removed for good.
    """

    conversation_id: ConversationId
    position: int
    content_hash: bytes | None
    hidden: bool
    growing: bool
    purged: bool


def said_hash(response: Response) -> bytes:
    """Return a hash of who says what in answer to whom, as it is stored with every response."""
    parent = response.parent_response_id
    return content_hash(
        SENDERS.index(response.sender),
        None if parent is None else id_bytes(parent),
        response.message,
        response.reasoning,
    )


class UnitingReader:
    """What can be asked about many ids at once, inside one snapshot."""

    _connection: Connection

    def known(self, response_ids: Sequence[str]) -> dict[ResponseId, Known]:
        """Return what is stored under those of the ids that are taken."""
        found = {}
        raw = [raw_id(one) for one in response_ids]
        for start in range(0, len(raw), _AT_ONCE):
            some = raw[start : start + _AT_ONCE]
            # A list of one length is one statement: the last id fills what is left.
            values = dict(zip(_NAMES, [*some, *[some[-1]] * (_AT_ONCE - len(some))], strict=True))
            for row in _KNOWN.all(self._connection, values):
                found[ResponseId(id_text(row.id))] = Known(
                    conversation_id=ConversationId(id_text(row.conversation_id)),
                    position=row.position,
                    content_hash=row.content_hash,
                    hidden=bool(row.hidden_at),
                    growing=bool(row.flags & GROWING),
                    purged=bool(row.flags & PURGED),
                )
        return found
