"""How stateless clients find their way back.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add two tables; nothing that is there changes."""
    op.create_table(
        "recorded_path",
        sa.Column("response_key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("path_hash", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("recorded_by_hash", "recorded_path", ["path_hash"])
    op.create_table(
        "recorded_group",
        sa.Column("group_hash", sa.LargeBinary(16), primary_key=True),
        sa.Column("conversation_key", _KEY, nullable=False),
    )
    op.create_index("ix_recorded_group_conversation_key", "recorded_group", ["conversation_key"])
