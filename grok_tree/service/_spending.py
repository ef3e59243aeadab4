"""Keeping what models are asked for within ceilings: reserved before, settled after.

Whoever asks a model plans the most that it may take. The plan is reserved in the transaction that
stores the beginning of what is asked for (or in one of its own), each answer is settled in the
transaction that stores its end, and what is left in the end is given back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio
import msgspec

from grok_tree.forest import Ceiling, Settings, Usage, check_ceiling, ticks_of
from grok_tree.service._ports import Clock, Ids, Submit
from grok_tree.service._prices import PriceBook
from grok_tree.service._prompt_size import PromptSize
from grok_tree.store import Amount, BudgetKey, BudgetOwner, Writer

LEASE = timedelta(minutes=10)
"""What a server has reserved is given back when it was silent for so long."""
RENEW_EVERY_S = LEASE.total_seconds() / 4
DEFAULT_MAX_TOKENS = 1024
"""Under a ceiling, a model is asked for no more where neither the request nor it has a limit."""


@dataclass(frozen=True)
class Plan:
    """The most that answers may use.

    Attributes:
        ceilings: All that must have room for it.
        model_name: Of the model that will be asked.
        settings: What it is asked for, with a limit on its tokens.
        each: The most that one answer may use.
    """

    ceilings: Sequence[tuple[BudgetOwner, Ceiling]]
    model_name: str
    settings: Settings
    each: Amount


@dataclass
class Hold:
    """What is reserved for some answers, until they have ended.

    Attributes:
        plan: None: there are no ceilings.
        holders: A name for each answer.
        used: What is known of those that have ended.
    """

    plan: Plan | None
    holders: Sequence[str]
    used: dict[int, Usage] = field(default_factory=dict)

    def use(self, usage: Usage, index: int = 0) -> None:
        """Say what an answer used; what none said is given back."""
        self.used[index] = usage


class Spending:
    """The ceilings of a server and of its clients."""

    def __init__(
        self,
        ceiling: Ceiling | None,
        *,
        book: PriceBook,
        submit: Submit,
        clock: Clock,
        ids: Ids,
    ) -> None:
        """Begin.

        Args:
            ceiling: The server's own, which holds for everything; None for none.
            book: Where prices are.
            submit: To the store.
            clock: Where time comes from.
            ids: Where ids come from.
        """
        self._ceiling = ceiling
        self._book = book
        self._submit = submit
        self._clock = clock
        self._ids = ids
        self._held: set[str] = set()

    def limits(self, asked: Ceiling | None) -> bool:
        """Return whether any ceiling holds for a request that asks for this one."""
        return self._ceiling is not None or asked is not None

    async def plan(
        self,
        asked: Ceiling | None,
        model_name: str,
        size: PromptSize,
        settings: Settings | None = None,
    ) -> Plan | None:
        """Return the most that one answer may use; None when there are no ceilings.

        Args:
            asked: The client's ceiling.
            model_name: Of the model that will be asked.
            size: Of the prompt.
            settings: What is asked of it; None where nothing is sampled.

        Raises:
            InvalidOperationError: No budget can have such a ceiling.
        """
        ceilings = self._ceilings(asked)
        if not ceilings:
            return None
        most = Usage(prompt_tokens=size.most_tokens)
        if settings is not None:
            if not settings.max_tokens:
                n_most = self._book.default_max_tokens(model_name) or DEFAULT_MAX_TOKENS
                settings = msgspec.structs.replace(settings, max_tokens=n_most)
            most = msgspec.structs.replace(most, completion_tokens=settings.max_tokens or 0)
        tariff = await self._book.tariff(model_name)
        ticks = None if tariff is None else tariff.ticks(most)
        each = Amount(most.total_tokens, ticks)
        return Plan(ceilings, model_name, settings or Settings(), each)

    def reserve(self, writer: Writer, plan: Plan, holders: Sequence[str], now: datetime) -> None:
        """Reserve a plan for some answers, inside a transaction.

        Raises:
            BudgetExhausted: A budget has no room for it.
            PriceUnknown: A budget is in US dollars, and nobody knows what the model costs.
        """
        for owner, ceiling in plan.ceilings:
            if owner == "client":
                writer.set_ceiling(owner, ceiling, now)
            key = BudgetKey(owner, ceiling.name)
            writer.reserve(key, holders, plan.each, expires=now + LEASE, now=now)

    def keep(self, holders: Collection[str]) -> None:
        """Renew what is reserved for these until it is released."""
        self._held.update(holders)

    async def release(self, holders: Collection[str]) -> None:
        """Give back what is still reserved for these."""
        self._held.difference_update(holders)
        with anyio.CancelScope(shield=True):
            await self._submit(lambda writer: writer.release(holders), durable=False)

    @asynccontextmanager
    async def holding(self, plan: Plan | None, n: int = 1) -> AsyncIterator[Hold]:
        """Reserve for n answers that are not stored; settle what was used when the block ends.

        Raises:
            BudgetExhausted: A budget has no room for it.
            PriceUnknown: A budget is in US dollars, and nobody knows what the model costs.
        """
        if plan is None:
            yield Hold(None, ())
            return
        hold = Hold(plan, [self._ids.new_id() for _ in range(n)])
        now = self._clock.now()
        await self._submit(lambda writer: self.reserve(writer, plan, hold.holders, now))
        self.keep(hold.holders)
        try:
            yield hold
        finally:
            with anyio.CancelScope(shield=True):
                await self._settle(hold, plan.model_name)

    async def renew_regularly(self) -> None:
        """Keep what is in use, and give back what a server has left behind."""
        while True:
            await anyio.sleep(RENEW_EVERY_S)
            await self._submit(self._renew, durable=False)

    def _renew(self, writer: Writer) -> None:
        now = self._clock.now()
        writer.renew(tuple(self._held), now + LEASE)
        writer.release_expired(now)

    async def _settle(self, hold: Hold, model_name: str) -> None:
        amounts = {}
        for index, usage in hold.used.items():
            priced, _ = await self._book.priced(model_name, usage)
            amounts[hold.holders[index]] = amount_of(priced)

        def work(writer: Writer) -> None:
            for holder, amount in amounts.items():
                writer.settle(holder, amount)
            writer.release(hold.holders)

        self._held.difference_update(hold.holders)
        await self._submit(work)

    def _ceilings(self, asked: Ceiling | None) -> Sequence[tuple[BudgetOwner, Ceiling]]:
        ceilings: list[tuple[BudgetOwner, Ceiling]] = []
        if self._ceiling is not None:
            ceilings.append(("server", self._ceiling))
        if asked is not None:
            check_ceiling(asked)
            ceilings.append(("client", asked))
        return ceilings


def amount_of(usage: Usage) -> Amount:
    """Return what a usage takes from a budget."""
    ticks = None if usage.cost_usd is None else ticks_of(usage.cost_usd)
    return Amount(usage.total_tokens, ticks)
