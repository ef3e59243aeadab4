"""Removing for good what was deleted before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from grok_tree.store import _schema as tables
from grok_tree.store._files import detach
from grok_tree.store._naming import batches
from grok_tree.store._rows import PURGED, SHARED
from grok_tree.store._search import forget_texts, sweep_later, unindex

_r = tables.response.c
_OF_RESPONSES = (tables.logprobs, tables.share, tables.recorded_path)


def remove_conversation(connection: Connection, conversation_key: int) -> int:
    """Remove a conversation with all that belongs to it; return how many responses it had."""
    of = _r.conversation_key == conversation_key
    keys = select(_r.key).where(of)
    for table in _OF_RESPONSES:
        connection.execute(delete(table).where(table.c.response_key.in_(keys)))
    detach(connection, connection.scalars(keys).all())
    forget_texts(connection, conversation_key)
    sweep_later(connection)
    n_removed = connection.execute(delete(tables.response).where(of)).rowcount
    for table in (tables.mirrored, tables.recorded_group):
        connection.execute(delete(table).where(table.c.conversation_key == conversation_key))
    connection.execute(
        delete(tables.conversation).where(tables.conversation.c.key == conversation_key)
    )
    return n_removed


def empty_responses(connection: Connection, keys: Sequence[int], revision: int) -> None:
    """Remove all that hidden responses hold; where they stood stays, as tombstones.

    They get a deletion of their own, so that undoing one above them does not bring them back.
    """
    sweep_later(connection)
    for some in batches(keys):
        which = _r.key.in_(some)
        texts = connection.execute(select(_r.key, _r.message).where(which, _r.message != "")).all()
        unindex(connection, [(row.key, row.message) for row in texts])
        for table in _OF_RESPONSES:
            connection.execute(delete(table).where(table.c.response_key.in_(some)))
        detach(connection, some)
        connection.execute(
            update(tables.response)
            .where(which)
            .values(
                message="",
                reasoning=None,
                facts=None,
                marks=None,
                model_name=None,
                content_hash=None,
                flags=_r.flags.op("&")(~SHARED).op("|")(PURGED),
                hidden_at=revision,
                revision=revision,
            )
        )
