"""Budgets: what may be used is reserved before a model speaks, and settled when it has spoken.

In every row spent + reserved is at most the limit; the database itself checks that. A provider
that bills more than was reserved is booked all the same: as spent while there is room under the
limit, as overrun beyond. As soon as other reservations leave room, the overrun moves into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from grok_tree.errors import BudgetExhausted, InvalidOperationError, PriceUnknown
from grok_tree.forest import FRESH_BUDGET, Ceiling, ticks_of, usd_of
from grok_tree.store import _schema as tables
from grok_tree.store._budget_rows import Amount, BudgetKey, BudgetOwner, BudgetReader, named
from grok_tree.store._naming import batches
from grok_tree.store._rows import microseconds

_b, _v = tables.budget.c, tables.reservation.c
_NO_LIMITS: dict[str, int | None] = {"token_limit": None, "tick_limit": None}
_NOTHING = {
    **dict.fromkeys(("tokens_spent", "tokens_reserved", "tokens_overrun", "n_unpriced"), 0),
    **dict.fromkeys(("ticks_spent", "ticks_reserved", "ticks_overrun"), 0),
}


class BudgetWriter(BudgetReader):
    """What can be done with budgets, inside one transaction."""

    def set_ceiling(self, owner: BudgetOwner, ceiling: Ceiling, now: datetime) -> None:
        """Begin a budget, or give one other limits.

        A limit that is None stays as it is in a client's budget, and is none in a server's.

        Raises:
            InvalidOperationError: There is no budget of this name yet and no limit is given, or a
                limit is lower than what is reserved now.
        """
        row = self._budget_row(BudgetKey(owner, ceiling.name))
        if row is None:
            self._begin_budget(owner, ceiling, now)
            return
        kept = _limits_of(row) if owner == "client" else _NO_LIMITS
        limits = {**kept, **_given(ceiling)}
        if limits == _limits_of(row):
            return
        values: dict[str, Any] = {"used_us": microseconds(now)}
        for what in ("token", "tick"):
            values |= _booked(row, what, limits[f"{what}_limit"])
            if values[f"{what}s_spent"] < 0:
                raise InvalidOperationError(
                    f"budget {ceiling.name!r} cannot be set to less than what is reserved now;"
                    " wait until its samplings have ended"
                )
        self._change_budget(row.key, {**limits, **values})

    def reserve(
        self,
        key: BudgetKey,
        holders: Sequence[str],
        each: Amount,
        *,
        expires: datetime,
        now: datetime,
    ) -> None:
        """Set aside the most that some answers may use; nothing is set aside unless all fits.

        Args:
            key: Of the budget.
            holders: A name for each answer, by which it is settled.
            each: The most that one may use.
            expires: When it is given back unless somebody renews it.
            now: The time.

        Raises:
            BudgetExhausted: It does not fit.
            PriceUnknown: The budget has a limit in dollars, and the cost is not known.
        """
        row = self._budget_row(key)
        assert row is not None, "a budget is opened before it is used"
        if each.ticks is None and row.tick_limit is not None:
            raise _price_unknown(row)
        ticks = each.ticks or 0
        _check_room(row, "token", each.tokens * len(holders))
        _check_room(row, "tick", ticks * len(holders))
        values = {
            "tokens_reserved": row.tokens_reserved + each.tokens * len(holders),
            "ticks_reserved": row.ticks_reserved + ticks * len(holders),
            "used_us": microseconds(now),
        }
        self._change_budget(row.key, values)
        reserved = {"budget_key": row.key, "tokens": each.tokens, "ticks": ticks}
        reserved["expires_us"] = microseconds(expires)
        rows = [{"holder": holder, **reserved} for holder in holders]
        self._connection.execute(insert(tables.reservation), rows)

    def settle(self, holder: str, used: Amount) -> None:
        """Book what an answer used on every budget where something is reserved for it."""
        of = select(tables.reservation).where(_v.holder == holder)
        for reserved in self._connection.execute(of).all():
            self._book(reserved, used)

    def release(self, holders: Collection[str]) -> int:
        """Give back what is still reserved; return how many reservations there were."""
        n_released = 0
        for some in batches(list(holders)):
            n_released += self._release(_v.holder.in_(some))
        return n_released

    def release_all(self) -> int:
        """Give back everything: nobody is left who could use it."""
        return self._release(_v.key >= 0)

    def release_expired(self, now: datetime) -> int:
        """Give back what nobody has renewed in time."""
        return self._release(_v.expires_us < microseconds(now))

    def renew(self, holders: Iterable[str], expires: datetime) -> None:
        """Keep what is reserved for longer."""
        for some in batches(list(holders)):
            renewed = update(tables.reservation).where(_v.holder.in_(some))
            self._connection.execute(renewed.values(expires_us=microseconds(expires)))

    def forget_fresh_budgets(self, before: datetime) -> int:
        """Drop budgets of single clients that nobody has used for long."""
        which = (_b.owner == "client") & _b.name.startswith(FRESH_BUDGET, autoescape=True)
        unused = (_b.used_us < microseconds(before)) & _b.key.not_in(select(_v.budget_key))
        return self._connection.execute(delete(tables.budget).where(which, unused)).rowcount

    def _release(self, which: Any) -> int:
        found = self._connection.execute(select(tables.reservation).where(which)).all()
        for reserved in found:
            self._book(reserved, Amount(0, 0))
        return len(found)

    def _book(self, reserved: Any, used: Amount) -> None:
        """Replace a reservation by what was used, of which nothing may be lost."""
        one = select(tables.budget).where(_b.key == reserved.budget_key).with_for_update()
        row = self._connection.execute(one).one()
        values = {
            **_booked(row, "token", row.token_limit, used=used.tokens, returned=reserved.tokens),
            **_booked(row, "tick", row.tick_limit, used=used.ticks or 0, returned=reserved.ticks),
            "n_unpriced": row.n_unpriced + (used.ticks is None),
        }
        self._change_budget(row.key, values)
        ended = delete(tables.reservation).where(_v.key == reserved.key)
        self._connection.execute(ended)

    def _begin_budget(self, owner: BudgetOwner, ceiling: Ceiling, now: datetime) -> None:
        limits = _given(ceiling)
        if not limits:
            raise InvalidOperationError(
                f"there is no budget {ceiling.name!r} yet; begin it with max_cost_usd or max_tokens"
            )
        stored = {"owner": owner, "name": ceiling.name, "used_us": microseconds(now)}
        self._connection.execute(insert(tables.budget), {**_NOTHING, **limits, **stored})

    def _budget_row(self, key: BudgetKey) -> Any:
        query = select(tables.budget).where(named(key)).with_for_update()
        return self._connection.execute(query).first()

    def _change_budget(self, key: int, values: dict[str, Any]) -> None:
        self._connection.execute(update(tables.budget).where(_b.key == key).values(values))


def _limits_of(row: Any) -> dict[str, int | None]:
    return {"token_limit": row.token_limit, "tick_limit": row.tick_limit}


def _given(ceiling: Ceiling) -> dict[str, int]:
    cost = ceiling.max_cost_usd
    limits = {
        "token_limit": ceiling.max_tokens,
        "tick_limit": None if cost is None else ticks_of(cost),
    }
    return {name: limit for name, limit in limits.items() if limit is not None}


def _booked(
    row: Any, what: str, limit: int | None, *, used: int = 0, returned: int = 0
) -> dict[str, int]:
    """Return what a row holds once a reservation is returned and a use is booked."""
    reserved = getattr(row, f"{what}s_reserved") - returned
    in_all = getattr(row, f"{what}s_spent") + getattr(row, f"{what}s_overrun") + used
    spent = in_all if limit is None else min(in_all, limit - reserved)
    return {
        f"{what}s_reserved": reserved,
        f"{what}s_spent": spent,
        f"{what}s_overrun": in_all - spent,
    }


def _check_room(row: Any, what: str, wanted: int) -> None:
    limit = getattr(row, f"{what}_limit")
    spent = getattr(row, f"{what}s_spent") + getattr(row, f"{what}s_overrun")
    reserved = getattr(row, f"{what}s_reserved")
    if limit is None or spent + reserved + wanted <= limit:
        return
    figures = {"spent": spent, "reserved": reserved, "limit": limit, "wanted": wanted}
    if what == "tick":
        shown = {name: usd_of(ticks) for name, ticks in figures.items()}
        told = {name: f"${usd:.6f}" for name, usd in shown.items()}
        raise _exhausted(row, told, "max_cost_usd", {"unit": "usd", **shown})
    told = {name: f"{n:,} tokens" for name, n in figures.items()}
    raise _exhausted(row, told, "max_tokens", {"unit": "tokens", **figures})


def _exhausted(
    row: Any, told: dict[str, str], limit: str, details: dict[str, Any]
) -> BudgetExhausted:
    waiting = f" {told['reserved']} are reserved by calls that run;" if details["reserved"] else ""
    return BudgetExhausted(
        f"{_called(row)} has no room for {told['wanted']}, the most that this call may take:"
        f" {told['spent']} of {told['limit']} are spent;{waiting} ask for less (max_tokens, n),"
        f" wait until calls have ended, or raise {limit} of the budget",
        budget=row.name,
        **details,
    )


def _price_unknown(row: Any) -> PriceUnknown:
    return PriceUnknown(
        f"{_called(row)} is in US dollars, and nobody knows what this model costs; say it in the"
        " server's prices, set a limit in tokens instead, or name another model",
        budget=row.name,
    )


def _called(row: Any) -> str:
    return "the server's budget" if row.owner == "server" else f"the budget {row.name!r}"
