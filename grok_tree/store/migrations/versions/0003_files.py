"""Files that belong to responses.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add what is new; nothing that is there changes."""
    op.create_table(
        "file",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("id", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("n_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "attached",
        sa.Column("response_key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("file_key", _KEY, primary_key=True, autoincrement=False),
    )
    op.create_index("attached_by_file", "attached", ["file_key"])
