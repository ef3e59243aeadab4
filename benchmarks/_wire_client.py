"""Read one conversation in a fresh process and print what that took, as JSON."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import Any

import grpc.aio

from benchmarks._one_message import LIMITS
from grok_tree import AsyncClient
from grok_tree.wire import pb


async def main(kind: str, address: str, conversation: str) -> None:
    read = {"ours": _ours, "mirrored": _mirrored, "one message": _one_message}[kind]
    print(json.dumps(await read(address, conversation)))


async def _ours(address: str, conversation: str, *, mirror: bool = False) -> dict[str, float]:
    async with AsyncClient(address, mirror=mirror) as client:
        await client.grok.list_conversations()  # connected, and everything is loaded
        before = _peak_bytes()
        begun = time.perf_counter()
        request = pb.ListChangesRequest(conversation_id=conversation)
        async for _ in client._connection.stream("ListChanges", request):
            break
        first_page_ms = 1e3 * (time.perf_counter() - begun)
        begun = time.perf_counter()
        opened = await client.grok.get_conversation(conversation)
        assert len(opened.forest) == opened.value.n_responses
        return {
            "seconds": time.perf_counter() - begun,
            "first_page_ms": first_page_ms,
            "peak_mb": (_peak_bytes() - before) / 1e6,
        }


async def _mirrored(address: str, conversation: str) -> dict[str, float]:
    return await _ours(address, conversation, mirror=True)


async def _one_message(address: str, conversation: str) -> dict[str, float]:
    async with grpc.aio.insecure_channel(address, options=LIMITS) as channel:
        await channel.channel_ready()
        call: Any = channel.unary_unary("/raw.Raw/Everything")
        before = _peak_bytes()
        begun = time.perf_counter()
        request = pb.ListChangesRequest(conversation_id=conversation)
        page = pb.ChangesPage.FromString(await call(request.SerializeToString()))
        by_id = {one.response_id: one for one in page.responses}
        assert len(by_id) == page.conversation.n_responses
        return {
            "seconds": time.perf_counter() - begun,
            "peak_mb": (_peak_bytes() - before) / 1e6,
        }


def _peak_bytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
