"""All use cases together, and how they are opened over a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import anyio
import anyio.abc

from grok_tree.service._attempts import Attempts
from grok_tree.service._base import World
from grok_tree.service._budgets import BudgetUseCases
from grok_tree.service._files import FileUseCases
from grok_tree.service._keeping import KeepingUseCases
from grok_tree.service._merging import MergeUseCases
from grok_tree.service._publishing import PublishingUseCases
from grok_tree.service._raw import RawUseCases
from grok_tree.service._recording import RecordingUseCases
from grok_tree.service._repairing import RepairUseCases
from grok_tree.service._responses import ResponseUseCases
from grok_tree.service._tasks import background_tasks
from grok_tree.service._watching import WatchUseCases
from grok_tree.store import Writer


class Forests(
    RecordingUseCases,
    ResponseUseCases,
    PublishingUseCases,
    WatchUseCases,
    KeepingUseCases,
    FileUseCases,
    RawUseCases,
    BudgetUseCases,
    RepairUseCases,
    MergeUseCases,
):
    """All use cases over one store and its samplers; made by `open_forests`.

    Every method that changes something takes a request id: a repeat within 24 hours returns the
    first result and has no second effect, and a repeat with other arguments raises
    InvalidOperationError. Unknown ids raise ConversationNotFound or ResponseNotFound, deleted
    conversations ConversationDeletedError.

    Attributes:
        attempts: Begins what stateless clients may send again by themselves.
    """

    def __init__(self, world: World, tasks: anyio.abc.TaskGroup) -> None:
        """Wire the use cases.

        Args:
            world: Everything outside them that they need.
            tasks: Where what outlives a call runs.
        """
        super().__init__(world, tasks)
        self.attempts = Attempts(tasks)


REQUESTS_KEPT = timedelta(hours=48)
"""Twice what is promised, so that a clock which was set forwards forgets no request early."""

FRESH_BUDGETS_KEPT = timedelta(days=30)
"""Since a client with a budget of its own was last heard."""

FORGET_EVERY_S = 3600.0


@asynccontextmanager
async def open_forests(world: World) -> AsyncIterator[Forests]:
    """Run the use cases until the block is left; then running samplings stop and are saved."""
    async with background_tasks() as tasks:
        forests = Forests(world, tasks)
        await forests.repair()
        tasks.start_soon(_forget_regularly, world)
        tasks.start_soon(forests.renew_reservations)
        try:
            yield forests
        finally:
            forests.stop_watching()
            forests.stop_samplings()


async def _forget_regularly(world: World) -> None:
    """Drop the first results of requests that are too old to be repeated, and old budgets."""
    while True:
        now = world.clock.now()
        for forget in (
            partial(Writer.forget_requests, before=now - REQUESTS_KEPT),
            partial(Writer.forget_fresh_budgets, before=now - FRESH_BUDGETS_KEPT),
        ):
            await asyncio.wrap_future(world.store.submit(forget, durable=False))
        await anyio.sleep(FORGET_EVERY_S)
