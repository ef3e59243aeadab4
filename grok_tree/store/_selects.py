"""The columns of whole conversations and responses, as `_rows` makes values of them."""

from __future__ import annotations

from sqlalchemy import and_, select

from grok_tree.store import _schema as tables

_c, _r = tables.conversation.c, tables.response.c
_leaf = tables.response.alias("leaf")
_parent = tables.response.alias("parent")

CONVERSATION = select(
    _c.key,
    _c.id,
    _c.title,
    _c.starred,
    _c.created_us,
    _c.modified_us,
    _c.model_name,
    _c.system_prompt,
    _c.system_prompt_name,
    _c.revision,
    _leaf.c.id.label("leaf_id"),
    _c.deleted,
    _c.n_visible,
).select_from(
    tables.conversation.outerjoin(
        _leaf, and_(_leaf.c.conversation_key == _c.key, _leaf.c.position == _c.leaf_position)
    )
)

RESPONSE = select(
    _r.key,
    _r.conversation_key,
    _r.id,
    _c.id.label("conversation_id"),
    _parent.c.id.label("parent_id"),
    _r.sender,
    _r.message,
    _r.reasoning,
    _r.created_us,
    _r.flags,
    _r.model_name,
    _r.finish_reason,
    _r.facts,
    _r.marks,
    _r.position,
    _r.parent_position,
    _r.revision,
    _r.hidden_at,
).select_from(
    tables.response.join(tables.conversation, _c.key == _r.conversation_key).outerjoin(
        _parent,
        and_(
            _parent.c.conversation_key == _r.conversation_key,
            _parent.c.position == _r.parent_position,
        ),
    )
)
