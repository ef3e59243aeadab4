"""A process that changes and reads a forest while its disk fails now and then.

``python -m tests.faults._unlucky DATABASE``: one line of JSON an attempt. Made to be traced.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio

from grok_tree.errors import GrokTreeError
from grok_tree.forest import MarkChange, ResponseDraft
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, SampleCommand, World, open_forests
from grok_tree.store import Store

LONG_TEXT = "so long that it needs pages of its own. " * 120


class Life:
    """Some changes, each tried once; after each comes a reading, which must always succeed."""

    def __init__(self, forests: Forests) -> None:
        self._forests = forests
        self._requests = (f"request {number}" for number in itertools.count())
        self._conversation_id = ""

    async def live(self) -> None:
        """Do everything, the last again after all failures should be over."""
        await self._try("create", self._create)
        for number in range(2):
            await self._try(f"add {number}", self._add, f"text {number} {LONG_TEXT}")
        await self._try("sample", self._sample)
        await self._try("note", self._note)
        await self._try("add last", self._add, "the last")

    async def _try(self, name: str, change: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
        if name != "create" and not self._conversation_id:
            return
        try:
            told = await change(*arguments)
        except GrokTreeError as error:
            say("failed", name, [type(error).__name__, error.message])
        else:
            say("done", name, told)
        if self._conversation_id:
            say("read", name, len(await self._texts()))

    async def _create(self) -> None:
        made = await self._forests.create_conversation(next(self._requests))
        self._conversation_id = made.conversation_id

    async def _add(self, text: str) -> dict[str, str]:
        draft = ResponseDraft(sender="human", message=text)
        added = await self._forests.add_responses(
            next(self._requests), self._conversation_id, [draft]
        )
        return {response.response_id: response.message for response in added}

    async def _sample(self) -> dict[str, str]:
        run = await self._forests.sample(
            SampleCommand(
                request_id=next(self._requests),
                conversation_id=self._conversation_id,
                message="a question",
                model_name="scripted/words-150",
            )
        )
        async for _ in run.follow():
            pass
        return await self._texts()

    async def _note(self) -> dict[str, str]:
        texts = await self._texts()
        for response_id in itertools.islice(texts, 1):
            change = MarkChange(note="noted")
            await self._forests.mark_response(next(self._requests), response_id, change)
        return texts

    async def _texts(self) -> dict[str, str]:
        pages = self._forests.iter_changes(self._conversation_id, 0)
        return {
            response.response_id: response.message
            async for page in pages
            for response in page.responses
        }


def say(kind: str, name: str, what: Any) -> None:
    print(json.dumps([kind, name, what]), flush=True)


async def main(database: str) -> None:
    async def no_url(share_id: str) -> str:
        return share_id

    try:
        store = Store.open(Path(database))
    except GrokTreeError as error:
        say("failed", "open", [type(error).__name__, error.message])
        return
    samplers = SamplerRegistry([ScriptedSampler()])
    try:
        async with open_forests(World(store, samplers, "scripted/echo", no_url)) as forests:
            await Life(forests).live()
    except GrokTreeError as error:
        say("failed", "begin", [type(error).__name__, error.message])
    finally:
        store.close()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
