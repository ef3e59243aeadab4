"""A provider that speaks xAI's protocol: streams made-up tokens on a schedule, and nothing else.

Usage: python -m benchmarks._xai_provider FIRST_MS TOKEN_MS N_TOKENS; prints its address.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
from xai_sdk.proto import chat_pb2, chat_pb2_grpc, sample_pb2, usage_pb2

WORD = " word"


class Provider(chat_pb2_grpc.ChatServicer):  # type: ignore[misc]
    """Answers every question with the same words."""

    def __init__(self, first_s: float, token_s: float, n_tokens: int) -> None:
        self.first_s, self.token_s, self.n_tokens = first_s, token_s, n_tokens
        self.word = _chunk(chat_pb2.CompletionOutputChunk(delta=_delta(WORD)))
        reason = sample_pb2.REASON_STOP
        self.end = _chunk(chat_pb2.CompletionOutputChunk(delta=_delta(""), finish_reason=reason))
        self.end.usage.CopyFrom(usage_pb2.SamplingUsage(completion_tokens=n_tokens))

    async def GetCompletionChunk(self, _request: Any, _context: Any) -> AsyncIterator[Any]:
        loop = asyncio.get_running_loop()
        due = loop.time() + self.first_s
        for _ in range(self.n_tokens):
            await asyncio.sleep(due - loop.time())
            due += self.token_s
            yield self.word
        yield self.end


def _delta(text: str) -> Any:
    return chat_pb2.Delta(content=text, role=chat_pb2.ROLE_ASSISTANT)


def _chunk(output: Any) -> Any:
    return chat_pb2.GetChatCompletionChunk(id="made-up", model="made-up", outputs=[output])


async def main(first_ms: float, token_ms: float, n_tokens: int) -> None:
    server = grpc.aio.server()
    provider = Provider(first_ms / 1e3, token_ms / 1e3, n_tokens)
    chat_pb2_grpc.add_ChatServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
