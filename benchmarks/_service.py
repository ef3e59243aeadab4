"""The use cases over a fresh database, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from grok_tree.forest import ResponseDraft, ResponseId
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, World, open_forests
from grok_tree.store import Store

TEXT = "a response of about four hundred characters, as people and models write them. " * 5
_request_numbers = count()


@asynccontextmanager
async def fresh_service(database: Path) -> AsyncIterator[Forests]:
    """Open the use cases over a new database file."""
    store = Store.open(database)
    samplers = SamplerRegistry([ScriptedSampler()])
    world = World(store, samplers, "scripted/echo", _no_url)
    try:
        async with open_forests(world) as forests:
            yield forests
    finally:
        store.close()


def request_id() -> str:
    """Return an id that was not used before in this process."""
    return f"bench-{next(_request_numbers)}"


def exchange(parent: ResponseId | None) -> list[ResponseDraft]:
    """Return a turn: a human response and the answer to it."""
    return [
        ResponseDraft(sender="human", message=TEXT, parent_response_id=parent),
        ResponseDraft(sender="assistant", message=TEXT, parent_index=0),
    ]


async def _no_url(_share_id: str) -> str:
    return ""
