"""Databases get an identity, mirrors a place for their cursors, hidden responses an index.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_IS_HIDDEN = sa.text("hidden_at <> 0")
_NEW_ID = {
    "sqlite": "lower(hex(randomblob(16)))",
    "postgresql": "replace(gen_random_uuid()::text, '-', '')",
}


def upgrade() -> None:
    """Add what is new; nothing that is there changes."""
    op.create_table(
        "meta",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    new_id = _NEW_ID[op.get_bind().dialect.name]
    op.execute(f"INSERT INTO meta VALUES ('database_id', {new_id})")
    op.create_table(
        "mirrored",
        sa.Column("conversation_key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("synced_us", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "response_hidden",
        "response",
        ["conversation_key", "position"],
        sqlite_where=_IS_HIDDEN,
        postgresql_where=_IS_HIDDEN,
    )
