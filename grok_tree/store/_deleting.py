"""Hiding responses, showing them again, and removing them for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, select, update

from grok_tree.errors import InvalidOperationError
from grok_tree.store import _schema as tables
from grok_tree.store._changing import ChangingWriter
from grok_tree.store._purge import empty_responses, remove_conversation
from grok_tree.store._rows import GROWING, PURGED, ResponseRow
from grok_tree.store._walks import path_positions, subtree_positions

_c, _r = tables.conversation.c, tables.response.c


class DeletingWriter(ChangingWriter):
    """What can be done with responses and conversations that nobody wants to see."""

    def hide(self, response_id: str, now: datetime) -> int:
        """Hide a response with everything below it that is still visible; return how many."""
        row = self._response_row(response_id)
        revision = self._revision(row.conversation_key) + 1
        n_hidden = self._mark_hidden(row, revision, was=0, becomes=revision)
        leaf = self._visible_leaf(row.conversation_key)
        self._touch(
            row.conversation_key,
            revision,
            now,
            {"n_visible": _c.n_visible - n_hidden, "leaf_position": leaf},
            of=row.conversation_id,
        )
        return n_hidden

    def unhide(self, response_id: str, now: datetime) -> int:
        """Show what hiding this response had hidden; return how many.

        Nothing above it may be hidden: a visible response has a visible parent.

        Raises:
            InvalidOperationError: It was purged.
        """
        row = self._response_row(response_id)
        if not row.hidden_at:
            return 0
        if row.flags & PURGED:
            raise InvalidOperationError(
                f"response {response_id} was purged, so nothing is left to restore;"
                " a backup may still have it",
                response_id=response_id,
            )
        revision = self._revision(row.conversation_key) + 1
        n_shown = self._mark_hidden(row, revision, was=row.hidden_at, becomes=0)
        shown = {"n_visible": _c.n_visible + n_shown}
        self._touch(row.conversation_key, revision, now, shown, of=row.conversation_id)
        return n_shown

    def purge(self, response_id: str, now: datetime) -> int:
        """Remove all that a hidden response and those below it hold; return how many.

        Raises:
            InvalidOperationError: It is not hidden, or one of them still grows.
        """
        top = self._response_row(response_id)
        if not top.hidden_at:
            raise InvalidOperationError(
                f"response {response_id} is not deleted; delete() it before it is purged",
                response_id=response_id,
            )
        below = subtree_positions(top.conversation_key, top.position)
        which = and_(
            _r.conversation_key == top.conversation_key,
            _r.position.in_(select(below.c.position)),
            _r.flags.op("&")(PURGED) == 0,
        )
        rows = self._connection.execute(select(_r.key, _r.flags).where(which)).all()
        _check_none_grows([row.flags for row in rows], f"below response {response_id}")
        if rows:
            revision = self._revision(top.conversation_key) + 1
            empty_responses(self._connection, [row.key for row in rows], revision)
            self._touch(top.conversation_key, revision, now, {}, of=top.conversation_id)
        return len(rows)

    def purge_conversation(self, conversation_id: str) -> int:
        """Remove a deleted conversation with all its responses; return how many.

        Raises:
            InvalidOperationError: It is not deleted, or a response of it still grows.
        """
        row = self._conversation_row(conversation_id)
        if not row.deleted:
            raise InvalidOperationError(
                f"conversation {conversation_id} is not deleted; delete() it before it is purged",
                conversation_id=conversation_id,
            )
        growing = select(_r.flags).where(_r.conversation_key == row.key, tables.IS_GROWING)
        flags = list(self._connection.scalars(growing))
        _check_none_grows(flags, f"in conversation {conversation_id}")
        self.touched[row.id] = row.revision + 1
        return remove_conversation(self._connection, row.key)

    def _mark_hidden(self, top: ResponseRow, revision: int, *, was: int, becomes: int) -> int:
        below = subtree_positions(top.conversation_key, top.position)
        which = and_(
            _r.conversation_key == top.conversation_key,
            _r.position.in_(select(below.c.position)),
            _r.hidden_at == was,
        )
        # Counted apart: the driver gives no row count for an update that begins with a query.
        n_changed: int = self._connection.execute(
            select(func.count()).select_from(tables.response).where(which)
        ).scalar_one()
        changed = update(tables.response).where(which)
        self._connection.execute(changed.values(hidden_at=becomes, revision=revision))
        return n_changed

    def _visible_leaf(self, conversation_key: int) -> int | None:
        """Return the leaf, or its nearest ancestor that is visible."""
        query = select(_c.leaf_position).where(_c.key == conversation_key)
        leaf: int | None = self._connection.execute(query).scalar_one()
        if leaf is None:
            return None
        path = path_positions(conversation_key, leaf)
        # Positions grow along a path, and everything below a hidden response is hidden.
        visible = select(func.max(_r.position)).where(
            _r.conversation_key == conversation_key,
            _r.position.in_(select(path.c.position)),
            _r.hidden_at == 0,
        )
        nearest: int | None = self._connection.execute(visible).scalar_one()
        return nearest


def _check_none_grows(flags: Sequence[int], where: str) -> None:
    if any(one & GROWING for one in flags):
        raise InvalidOperationError(
            f"an answer {where} is still being sampled; cancel it, or wait for its end"
        )
