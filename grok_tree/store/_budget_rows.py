"""Budgets as they are kept, and what can be asked about them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, select

from grok_tree.forest import Budget, usd_of
from grok_tree.store import _schema as tables

BudgetOwner = Literal["server", "client"]
"""Who has set a budget; each kind has names of its own."""

_b = tables.budget.c


class Amount(NamedTuple):
    """Tokens, and what they cost in ticks; None when nobody knows."""

    tokens: int
    ticks: int | None


class BudgetKey(NamedTuple):
    """What names a budget."""

    owner: BudgetOwner
    name: str


class BudgetReader:
    """What can be asked about budgets, inside one snapshot."""

    _connection: Connection

    def budget(self, key: BudgetKey) -> Budget | None:
        """Return a budget, None when there is none of this name."""
        row = self._connection.execute(select(tables.budget).where(named(key))).first()
        return None if row is None else _budget_from(row)

    def holders(self) -> set[str]:
        """Return all for whom something is reserved."""
        return set(self._connection.scalars(select(tables.reservation.c.holder)))


def named(key: BudgetKey) -> Any:
    """Return what holds for one budget."""
    return (_b.owner == key.owner) & (_b.name == key.name)


def _budget_from(row: Any) -> Budget:
    return Budget(
        name=row.name,
        max_tokens=row.token_limit,
        max_cost_usd=None if row.tick_limit is None else usd_of(row.tick_limit),
        spent_tokens=row.tokens_spent + row.tokens_overrun,
        spent_usd=usd_of(row.ticks_spent + row.ticks_overrun),
        reserved_tokens=row.tokens_reserved,
        reserved_usd=usd_of(row.ticks_reserved),
        n_unpriced=row.n_unpriced,
    )
