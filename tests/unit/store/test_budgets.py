"""Budgets in the database: never more than the limit, and nothing that was billed is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from grok_tree.errors import (
    BudgetExhausted,
    InvalidOperationError,
    PriceUnknown,
    StoreError,
)
from grok_tree.forest import FRESH_BUDGET, Budget, Ceiling, usd_of
from grok_tree.store import Amount, BudgetKey, Store
from tests import postgres
from tests.patience import PATIENCE_S
from tests.unit.store._shelf import NOW, read, write

KEY = BudgetKey("client", "june")
LATER = NOW + timedelta(minutes=10)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        opened = Store.open(tmp_path / "forests.db")
        yield opened
        opened.close()
        return
    request.getfixturevalue("needs_postgres")
    with postgres.fresh_schema() as url:
        opened = Store.open(url)
        yield opened
        opened.close()


def begin(store: Store, tokens: int | None = None, usd: float | None = None) -> None:
    ceiling = Ceiling(name="june", max_tokens=tokens, max_cost_usd=usd)
    write(store, lambda writer: writer.set_ceiling("client", ceiling, NOW))


def reserve(store: Store, *holders: str, tokens: int = 10, ticks: int | None = 10) -> None:
    each = Amount(tokens, ticks)
    write(store, lambda writer: writer.reserve(KEY, holders, each, expires=LATER, now=NOW))


def settle(store: Store, holder: str, tokens: int, ticks: int | None = 0) -> None:
    write(store, lambda writer: writer.settle(holder, Amount(tokens, ticks)))


def now_at(store: Store) -> Budget:
    found = read(store, lambda reader: reader.budget(KEY))
    assert found is not None
    return found


def test_a_budget_of_no_name_is_none(store: Store) -> None:
    assert read(store, lambda reader: reader.budget(KEY)) is None


def test_a_budget_without_limits_cannot_begin(store: Store) -> None:
    with pytest.raises(InvalidOperationError, match="begin it with"):
        begin(store)


def test_what_is_reserved_is_settled_by_what_was_used(store: Store) -> None:
    begin(store, tokens=100, usd=usd_of(100))
    reserve(store, "a", "b")
    assert (now_at(store).reserved_tokens, now_at(store).left_tokens) == (20, 80)
    settle(store, "a", 7, 3)
    found = now_at(store)
    assert (found.spent_tokens, found.reserved_tokens, found.left_tokens) == (7, 10, 83)
    assert (found.spent_usd, found.reserved_usd) == (usd_of(3), usd_of(10))
    write(store, lambda writer: writer.release(["a", "b"]))
    assert (now_at(store).spent_tokens, now_at(store).reserved_tokens) == (7, 0)


def test_what_does_not_fit_is_refused_whole(store: Store) -> None:
    begin(store, tokens=25)
    with pytest.raises(BudgetExhausted, match="no room for 30 tokens") as refused:
        reserve(store, "a", "b", "c")
    figures = {"spent": 0, "reserved": 0, "limit": 25, "wanted": 30}
    assert refused.value.details == {"budget": "june", "unit": "tokens", **figures}
    assert now_at(store).reserved_tokens == 0


def test_a_limit_in_dollars_needs_a_price(store: Store) -> None:
    begin(store, usd=1.0)
    with pytest.raises(PriceUnknown, match="nobody knows"):
        reserve(store, "a", ticks=None)


def test_a_limit_in_tokens_needs_no_price_but_counts_what_has_none(store: Store) -> None:
    begin(store, tokens=100)
    reserve(store, "a", ticks=None)
    settle(store, "a", 5, None)
    assert (now_at(store).spent_usd, now_at(store).n_unpriced) == (0.0, 1)


def test_a_provider_that_bills_more_than_reserved_is_booked_truthfully(store: Store) -> None:
    begin(store, tokens=100)
    reserve(store, "a", "b", tokens=40)
    settle(store, "a", 70)
    found = now_at(store)
    assert (found.spent_tokens, found.reserved_tokens, found.left_tokens) == (70, 40, 0)
    settle(store, "b", 50)
    found = now_at(store)
    assert (found.spent_tokens, found.reserved_tokens, found.left_tokens) == (120, 0, 0)
    with pytest.raises(BudgetExhausted, match="120 tokens of 100 tokens"):
        reserve(store, "c", tokens=1)


def test_an_overrun_moves_into_what_others_leave(store: Store) -> None:
    begin(store, tokens=100)
    reserve(store, "a", "b", tokens=50)
    settle(store, "a", 80)
    settle(store, "b", 5)
    assert (now_at(store).spent_tokens, now_at(store).left_tokens) == (85, 15)


def test_a_budget_can_be_raised_and_lowered(store: Store) -> None:
    begin(store, tokens=100)
    reserve(store, "a", tokens=60)
    begin(store, tokens=200, usd=1.0)
    assert (now_at(store).max_tokens, now_at(store).max_cost_usd) == (200, 1.0)
    with pytest.raises(InvalidOperationError, match="less than what is reserved"):
        begin(store, tokens=50)
    settle(store, "a", 60)
    begin(store, tokens=50)
    assert (now_at(store).spent_tokens, now_at(store).left_tokens) == (60, 0)
    assert now_at(store).max_cost_usd == 1.0


def test_the_server_and_clients_have_names_of_their_own(store: Store) -> None:
    begin(store, tokens=100)
    ceiling = Ceiling(name="june", max_tokens=7)
    write(store, lambda writer: writer.set_ceiling("server", ceiling, NOW))
    assert now_at(store).max_tokens == 100


def test_what_nobody_renews_is_given_back(store: Store) -> None:
    begin(store, tokens=100)
    reserve(store, "a", "b", "c")
    much_later = LATER + timedelta(hours=1)
    write(store, lambda writer: writer.renew(["a"], much_later))
    gone = write(store, lambda writer: writer.release_expired(LATER + timedelta(seconds=1)))
    assert gone == 2
    assert read(store, lambda reader: reader.holders()) == {"a"}
    assert write(store, lambda writer: writer.release_all()) == 1
    assert now_at(store).reserved_tokens == 0


def test_a_budget_that_is_in_use_is_not_forgotten(store: Store) -> None:
    begin(store, tokens=100)
    reserve(store, "a")
    fresh = BudgetKey("client", f"{FRESH_BUDGET}1")
    ceiling = Ceiling(name=fresh.name, max_tokens=100)
    write(store, lambda writer: writer.set_ceiling("client", ceiling, NOW))
    each = Amount(1, 0)
    write(store, lambda writer: writer.reserve(fresh, ["b"], each, expires=LATER, now=NOW))
    assert write(store, lambda writer: writer.forget_fresh_budgets(LATER)) == 0
    settle(store, "b", 1)
    assert write(store, lambda writer: writer.forget_fresh_budgets(LATER)) == 1
    assert now_at(store).name == "june"


def test_the_database_itself_refuses_more_than_the_limit(store: Store) -> None:
    begin(store, tokens=100)
    with pytest.raises(StoreError, match="budget_tokens"):
        write(
            store,
            lambda writer: writer._connection.exec_driver_sql(
                "UPDATE budget SET tokens_spent = 60, tokens_reserved = 41"
            ),
        )


def test_many_who_reserve_at_once_never_pass_the_limit(store: Store) -> None:
    begin(store, tokens=1_000)
    refused: list[str] = []

    def work(name: str) -> None:
        for number in range(10):
            try:
                reserve(store, f"{name} {number}", tokens=30)
            except BudgetExhausted:
                refused.append(name)

    threads = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_S)
    assert now_at(store).reserved_tokens == 990
    assert len(refused) == 80 - 33
