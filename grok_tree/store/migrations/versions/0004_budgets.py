"""Budgets, and what is reserved of them while models speak.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add two tables; nothing that is there changes."""
    _make_budget()
    op.create_table(
        "reservation",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("budget_key", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("ticks", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
    )
    op.create_index("reservation_by_holder", "reservation", ["holder", "budget_key"], unique=True)


def _make_budget() -> None:
    op.create_table(
        "budget",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("owner", sa.String(10), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("token_limit", sa.BigInteger),
        sa.Column("tokens_spent", sa.BigInteger, nullable=False),
        sa.Column("tokens_reserved", sa.BigInteger, nullable=False),
        sa.Column("tokens_overrun", sa.BigInteger, nullable=False),
        sa.Column("tick_limit", sa.BigInteger),
        sa.Column("ticks_spent", sa.BigInteger, nullable=False),
        sa.Column("ticks_reserved", sa.BigInteger, nullable=False),
        sa.Column("ticks_overrun", sa.BigInteger, nullable=False),
        sa.Column("n_unpriced", sa.BigInteger, nullable=False),
        sa.Column("used_us", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "token_limit IS NULL OR tokens_spent + tokens_reserved <= token_limit",
            name="budget_tokens",
        ),
        sa.CheckConstraint(
            "tick_limit IS NULL OR ticks_spent + ticks_reserved <= tick_limit", name="budget_ticks"
        ),
        sa.CheckConstraint(
            "tokens_spent >= 0 AND tokens_reserved >= 0 AND tokens_overrun >= 0"
            " AND ticks_spent >= 0 AND ticks_reserved >= 0 AND ticks_overrun >= 0",
            name="budget_signs",
        ),
    )
    op.create_index("budget_by_name", "budget", ["owner", "name"], unique=True)
