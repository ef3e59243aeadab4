"""What all use cases share: the world they act on, and how they read and write it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio.to_thread

from grok_tree.errors import SamplingError
from grok_tree.forest import Ceiling, Prices, Settings
from grok_tree.samplers import SamplerRegistry
from grok_tree.service._once import Once, require_request_id
from grok_tree.service._ports import Clock, Ids, SystemClock, SystemIds
from grok_tree.service._prices import PriceBook
from grok_tree.service._spending import Spending
from grok_tree.store import Reader, Store, Writer

T = TypeVar("T")

DEFAULT_PAGE = 50
LARGEST_PAGE = 500
"""Most rows of one page, whatever was asked for."""

ShareUrl = Callable[[str], Awaitable[str]]
"""Turns a share id into the address where it can be read."""


@dataclass(frozen=True)
class World:
    """Everything outside the use cases that they need.

    Attributes:
        store: Where forests are kept.
        samplers: What produces text.
        default_model: Sampled when neither the call nor the conversation names one.
        share_url: Turns a share id into an address.
        version: Of this server.
        clock: Where time comes from.
        ids: Where ids come from.
        ceiling: What everything together may use; None for no limit.
        prices: What models cost, whatever is listed for them; ``*`` in a name stands for anything.
        recording: Whether what comes through stateless doors is kept, if its caller agrees.
    """

    store: Store
    samplers: SamplerRegistry
    default_model: str
    share_url: ShareUrl
    version: str = "0"
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=SystemIds)
    ceiling: Ceiling | None = None
    prices: Mapping[str, Prices] = field(default_factory=dict)
    recording: bool = True


class UseCases:
    """Base of the groups of use cases."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        self._prices = PriceBook(world.samplers, world.prices, world.clock)
        self._spending = Spending(
            world.ceiling,
            book=self._prices,
            submit=self._submit,
            clock=world.clock,
            ids=world.ids,
        )

    async def _read(self, look: Callable[[Reader], T]) -> T:
        def read() -> T:
            with self._store.read() as reader:
                return look(reader)

        return await anyio.to_thread.run_sync(read)

    async def _submit(self, work: Callable[[Writer], T], *, durable: bool = True) -> T:
        return await asyncio.wrap_future(self._store.submit(work, durable=durable))

    def _check_model(self, name: str) -> None:
        """Refuse a name that no model has; one that cannot be used now may be kept."""
        sampler, model = self._world.samplers.resolve(name)
        with suppress(SamplingError):
            sampler.check(model, Settings(), 1)

    async def _once(
        self,
        request_id: str,
        method: str,
        body: object,
        *,
        work: Callable[[Writer], T],
        result: Any,
    ) -> T:
        """Do `work` unless this request was done before; `result` is the type it returns."""
        require_request_id(request_id)
        now = self._world.clock.now()
        return await self._submit(Once(request_id, method, body, result, work, now))


def page_limit(page_size: int) -> int:
    """Return how many rows a page has when `page_size` were asked for; 0 asks for the default."""
    return min(page_size or DEFAULT_PAGE, LARGEST_PAGE)
