"""Walks through a tree inside the database: up to the root, and down to everything below."""

from __future__ import annotations

from sqlalchemy import CTE, select

from grok_tree.store import _schema as tables

_r = tables.response.c
_next = tables.response.alias("next")


def path_positions(conversation_key: int, position: int) -> CTE:
    """Return a query for the positions from the root to one response."""
    end = select(_r.position, _r.parent_position).where(
        _r.conversation_key == conversation_key, _r.position == position
    )
    path = end.cte("path", recursive=True)
    return path.union_all(
        select(_next.c.position, _next.c.parent_position).where(
            _next.c.conversation_key == conversation_key,
            _next.c.position == path.c.parent_position,
        )
    )


def subtree_positions(conversation_key: int, position: int) -> CTE:
    """Return a query for the positions of one response and everything below it."""
    top = select(_r.position).where(
        _r.conversation_key == conversation_key, _r.position == position
    )
    below = top.cte("below", recursive=True)
    return below.union_all(
        select(_next.c.position).where(
            _next.c.conversation_key == conversation_key,
            _next.c.parent_position == below.c.position,
        )
    )
