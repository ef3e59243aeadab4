"""What is stored under ids that come from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from grok_tree.forest import ConversationId, Response, ResponseId, id_bytes, id_text
from grok_tree.store import _schema as tables
from grok_tree.store._naming import batches, raw_id
from grok_tree.store._rows import GROWING, PURGED, SENDERS, content_hash

_c, _r = tables.conversation.c, tables.response.c


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
        query = select(_r.id, _c.id, _r.position, _r.content_hash, _r.hidden_at, _r.flags).join(
            tables.conversation, _c.key == _r.conversation_key
        )
        found = {}
        for some in batches([raw_id(one) for one in response_ids]):
            for own, home, position, said, hidden_at, flags in self._connection.execute(
                query.where(_r.id.in_(some))
            ):
                found[ResponseId(id_text(own))] = Known(
                    conversation_id=ConversationId(id_text(home)),
                    position=position,
                    content_hash=said,
                    hidden=bool(hidden_at),
                    growing=bool(flags & GROWING),
                    purged=bool(flags & PURGED),
                )
        return found
