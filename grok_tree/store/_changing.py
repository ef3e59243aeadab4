"""What every change has in common: a new revision of its conversation, of which others are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from grok_tree.store import _schema as tables
from grok_tree.store._mirrored import MirrorWriter
from grok_tree.store._prepared import Prepared
from grok_tree.store._rows import ResponseRow, microseconds

_c, _r = tables.conversation.c, tables.response.c
_REVISION = Prepared(select(_c.revision).where(_c.key == bindparam("of")).with_for_update())


class ChangingWriter(MirrorWriter):
    """Base of what changes conversations.

    Attributes:
        touched: The newest revision of each conversation that changed, by the bytes of its id.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.touched: dict[bytes, int] = {}

    def _revision(self, conversation_key: int) -> int:
        """Return the revision of a conversation, which nobody else can raise meanwhile."""
        revision: int = _REVISION.first(self._connection, {"of": conversation_key}).revision
        return revision

    def _touch(
        self,
        conversation_key: int,
        revision: int,
        now: datetime,
        values: dict[str, Any],
        *,
        of: bytes,
    ) -> None:
        self.touched[of] = revision
        values = {**values, "revision": revision, "modified_us": microseconds(now)}
        which = _c.key == conversation_key
        self._connection.execute(update(tables.conversation).where(which).values(values))

    def _change_response(
        self,
        row: ResponseRow,
        values: dict[str, Any],
        now: datetime,
        conversation_values: dict[str, Any] | None = None,
    ) -> None:
        revision = self._revision(row.conversation_key) + 1
        changed = update(tables.response).where(_r.key == row.key)
        self._connection.execute(changed.values({**values, "revision": revision}))
        values = conversation_values or {}
        self._touch(row.conversation_key, revision, now, values, of=row.conversation_id)
