"""All use cases together, and how they are opened over a store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread

from grok_tree.service._base import World
from grok_tree.service._publishing import PublishingUseCases
from grok_tree.service._responses import ResponseUseCases
from grok_tree.service._sampling import SamplingUseCases
from grok_tree.service._tasks import background_tasks


class Forests(SamplingUseCases, ResponseUseCases, PublishingUseCases):
    """All use cases over one store and its samplers; made by `open_forests`.

    Every method that changes something takes a request id: a repeat within 24 hours returns the
    first result and has no second effect, and a repeat with other arguments raises
    InvalidOperationError. Unknown ids raise ConversationNotFound or ResponseNotFound, deleted
    conversations ConversationDeletedError.
    """


@asynccontextmanager
async def open_forests(world: World) -> AsyncIterator[Forests]:
    """Run the use cases until the block is left; then running samplings stop and are saved."""
    await anyio.to_thread.run_sync(_repair, world)
    async with background_tasks() as tasks:
        yield Forests(world, tasks)


def _repair(world: World) -> None:
    """Make partial responses of what was growing when the last server ended."""
    now = world.clock.now()
    world.store.submit(lambda writer: writer.interrupt_growing(now)).result()
