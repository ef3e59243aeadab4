"""The first schema, as it was; later changes are later revisions.

A new file is made from `grok_tree.store._schema` at once, because alembic takes long to import. A
test holds both ways against each other.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ID = sa.LargeBinary(16)
_GROWS = sa.text("flags & 4 <> 0")


def upgrade() -> None:
    """Make every table."""
    _make_conversation()
    _make_response()
    _make_logprobs()
    _make_share()
    _make_request()
    if op.get_bind().dialect.name == "sqlite":
        _make_fts5()
    else:
        _make_tsvector()


def _make_conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("id", _ID, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("starred", sa.Boolean, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("modified_us", sa.BigInteger, nullable=False),
        sa.Column("model_name", sa.Text, nullable=False),
        sa.Column("system_prompt", sa.Text, nullable=False),
        sa.Column("system_prompt_name", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("leaf_position", sa.Integer),
        sa.Column("next_position", sa.Integer, nullable=False),
        sa.Column("n_visible", sa.Integer, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    op.create_index("conversation_by_time", "conversation", ["modified_us", "key"])


def _make_response() -> None:
    op.create_table(
        "response",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("conversation_key", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("parent_position", sa.Integer, nullable=False),
        sa.Column("id", _ID, nullable=False, unique=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("hidden_at", sa.BigInteger, nullable=False),
        sa.Column("sender", sa.Integer, nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.Column("finish_reason", sa.Integer),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("model_name", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("reasoning", sa.Text),
        sa.Column("facts", sa.LargeBinary),
        sa.Column("marks", sa.LargeBinary),
        sa.Column("content_hash", _ID),
    )
    _index_response("response_shape", "conversation_key", "position", "parent_position")
    _index_response("response_children", "conversation_key", "parent_position", "position")
    _index_response("response_changes", "conversation_key", "revision", "position")
    op.create_index(
        "response_growing", "response", ["key"], sqlite_where=_GROWS, postgresql_where=_GROWS
    )


def _index_response(name: str, *columns: str) -> None:
    op.create_index(name, "response", list(columns), unique=name == "response_shape")


def _make_logprobs() -> None:
    op.create_table(
        "logprobs",
        sa.Column("response_key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("tokens", sa.LargeBinary, nullable=False),
    )


def _make_share() -> None:
    op.create_table(
        "share",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("share_id", sa.String(64), nullable=False, unique=True),
        sa.Column("response_key", _KEY, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_share_response_key", "share", ["response_key"])


def _make_request() -> None:
    op.create_table(
        "request",
        sa.Column("request_id", sa.String(200), primary_key=True),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("fingerprint", _ID, nullable=False),
        sa.Column("result", sa.LargeBinary, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_request_created_us", "request", ["created_us"])


def _make_fts5() -> None:
    op.execute("CREATE TABLE text_index (up_to_key INTEGER NOT NULL)")
    op.execute("INSERT INTO text_index VALUES (0)")
    op.execute("CREATE TABLE unindexed (response_key INTEGER PRIMARY KEY)")
    op.execute(
        "CREATE VIRTUAL TABLE response_text USING fts5("
        "message, content='response', content_rowid='key', tokenize='unicode61')"
    )


def _make_tsvector() -> None:
    op.execute("CREATE TABLE text_index (up_to_key BIGINT NOT NULL)")
    op.execute("INSERT INTO text_index VALUES (0)")
    op.execute("CREATE TABLE unindexed (response_key BIGINT PRIMARY KEY)")
    op.execute(
        "CREATE TABLE response_text (response_key BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)"
    )
    op.execute("CREATE INDEX response_text_words ON response_text USING gin (words)")
