"""The first schema.

A new file is made from `grok_tree.store._schema` at once; this is where upgrades begin.

Revision ID: 0001
"""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Do nothing: every released file has at least this schema."""
