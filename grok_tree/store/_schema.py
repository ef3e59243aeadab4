"""The tables: integers and 16-byte ids inside, text at the edges."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

KEY = BigInteger().with_variant(Integer, "sqlite")
"""A key that SQLite takes as its row number."""

IS_HIDDEN = text("hidden_at <> 0")
"""Holds for the usually few responses that are hidden; an index finds them at once."""

IS_GROWING = text("flags & 4 <> 0")
"""Holds for the few responses whose text is still to come; an index finds them at once."""

conversation = Table(
    "conversation",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("id", LargeBinary(16), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("starred", Boolean, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("modified_us", BigInteger, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("system_prompt", Text, nullable=False),
    Column("system_prompt_name", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("leaf_position", Integer),
    Column("next_position", Integer, nullable=False),
    Column("n_visible", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Index("conversation_by_time", "modified_us", "key"),
)

response = Table(
    "response",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("conversation_key", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("parent_position", Integer, nullable=False),
    Column("id", LargeBinary(16), nullable=False, unique=True),
    Column("revision", BigInteger, nullable=False),
    Column("hidden_at", BigInteger, nullable=False),
    Column("sender", Integer, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("finish_reason", Integer),
    Column("created_us", BigInteger, nullable=False),
    Column("model_name", Text),
    Column("message", Text, nullable=False),
    Column("reasoning", Text),
    Column("facts", LargeBinary),
    Column("marks", LargeBinary),
    Column("content_hash", LargeBinary(16)),
    Index("response_shape", "conversation_key", "position", "parent_position", unique=True),
    # With the position, so that a subtree is walked and changes are sorted inside the index.
    Index("response_children", "conversation_key", "parent_position", "position"),
    Index("response_changes", "conversation_key", "revision", "position"),
    Index("response_growing", "key", sqlite_where=IS_GROWING, postgresql_where=IS_GROWING),
    Index(
        "response_hidden",
        "conversation_key",
        "position",
        sqlite_where=IS_HIDDEN,
        postgresql_where=IS_HIDDEN,
    ),
)

logprobs = Table(
    "logprobs",
    metadata,
    Column("response_key", KEY, primary_key=True, autoincrement=False),
    Column("tokens", LargeBinary, nullable=False),
)

file = Table(
    "file",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("id", LargeBinary(32), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("n_bytes", BigInteger, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
"""Contents that responses have attached, each kept once; the id is its SHA-256."""

attached = Table(
    "attached",
    metadata,
    Column("response_key", KEY, primary_key=True, autoincrement=False),
    Column("file_key", KEY, primary_key=True, autoincrement=False),
    Index("attached_by_file", "file_key"),
)

share = Table(
    "share",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("share_id", String(64), nullable=False, unique=True),
    Column("response_key", KEY, nullable=False, index=True),
    Column("created_us", BigInteger, nullable=False),
)

request = Table(
    "request",
    metadata,
    Column("request_id", String(200), primary_key=True),
    Column("method", String(40), nullable=False),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("result", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False, index=True),
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about the database itself: ``database_id`` tells it from every other one."""

mirrored = Table(
    "mirrored",
    metadata,
    Column("conversation_key", KEY, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("synced_us", BigInteger, nullable=False),
)
"""In a mirror, how far each conversation was copied and when; empty on a server."""

recorded_path = Table(
    "recorded_path",
    metadata,
    Column("response_key", KEY, primary_key=True, autoincrement=False),
    Column("path_hash", LargeBinary(16), nullable=False),
    Index("recorded_by_hash", "path_hash"),
)
"""Of what stateless clients said: a hash of the key they came with and of all up to here."""

recorded_group = Table(
    "recorded_group",
    metadata,
    Column("group_hash", LargeBinary(16), primary_key=True),
    Column("conversation_key", KEY, nullable=False, index=True),
)
"""Names by which stateless clients group what they say, hashed with the key they came with."""

budget = Table(
    "budget",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("owner", String(10), nullable=False),
    Column("name", String(200), nullable=False),
    Column("token_limit", BigInteger),
    Column("tokens_spent", BigInteger, nullable=False),
    Column("tokens_reserved", BigInteger, nullable=False),
    Column("tokens_overrun", BigInteger, nullable=False),
    Column("tick_limit", BigInteger),
    Column("ticks_spent", BigInteger, nullable=False),
    Column("ticks_reserved", BigInteger, nullable=False),
    Column("ticks_overrun", BigInteger, nullable=False),
    Column("n_unpriced", BigInteger, nullable=False),
    Column("used_us", BigInteger, nullable=False),
    CheckConstraint(
        "token_limit IS NULL OR tokens_spent + tokens_reserved <= token_limit",
        name="budget_tokens",
    ),
    CheckConstraint(
        "tick_limit IS NULL OR ticks_spent + ticks_reserved <= tick_limit", name="budget_ticks"
    ),
    CheckConstraint(
        "tokens_spent >= 0 AND tokens_reserved >= 0 AND tokens_overrun >= 0"
        " AND ticks_spent >= 0 AND ticks_reserved >= 0 AND ticks_overrun >= 0",
        name="budget_signs",
    ),
    Index("budget_by_name", "owner", "name", unique=True),
)
"""How much may be used and was; what a provider billed beyond a limit stands in an overrun."""

reservation = Table(
    "reservation",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("budget_key", Integer, nullable=False),
    Column("holder", String(200), nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("ticks", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Index("reservation_by_holder", "holder", "budget_key", unique=True),
)
"""What answers that still grow may use, a row for each and each of its budgets."""
