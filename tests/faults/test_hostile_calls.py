"""H8: whatever is sent to any call, the server says what is wrong with it and lives."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor import MethodDescriptor

from grok_tree.store import Store
from grok_tree.testing import server_process
from grok_tree.wire import pb
from tests.faults._figures import Shown
from tests.faults._hostile import METHODS, Hostility
from tests.faults._servers import calls_to, heard, new_request_id

pytestmark = pytest.mark.anyio

N_AT_ONCE = 8
LONGEST_CALL_S = 5.0
ENOUGH_MESSAGES = 20
"""Read from a stream that has no end."""

MISTAKES = (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE)
OWN_WORDS = "Internal error from Core"
"""What the caller's gRPC says by itself when it is refused before it has sent all its requests."""


async def test_no_message_to_any_call_upsets_the_server(tmp_path: Path, shown: Shown) -> None:
    n_calls = shown.numbers["hostile_calls"]
    shown.doing("H8", f"{n_calls:,} random and damaged messages to {len(METHODS)} calls")
    hostility = Hostility(shown.random)
    seen: Counter[tuple[str, grpc.StatusCode]] = Counter()
    wrong: list[str] = []
    with server_process(tmp_path / "forests.db") as server:
        async with grpc.aio.insecure_channel(server.host) as channel:
            hostility.ids = await some_ids(server.host)
            numbers = iter(range(n_calls))

            async def send() -> None:
                for number in numbers:
                    path, method = METHODS[number % len(METHODS)]
                    data = [hostility.request(method.input_type) for _ in range(3)]
                    code, details = await outcome(channel, path, method, data)
                    seen[path, code] += 1
                    if code in MISTAKES and details != OWN_WORDS:
                        wrong.append(f"{path}: {code.name} {details}")

            async with anyio.create_task_group() as tasks:
                for _ in range(N_AT_ONCE):
                    tasks.start_soon(send)
        assert (await some_ids(server.host))[0]
        assert server.terminate() == 0
        said = server.stderr
    assert wrong == [], said[-5_000:]
    store = Store.open(tmp_path / "forests.db")
    assert store.check() == []
    store.close()
    n_taken = sum(n for (_, code), n in seen.items() if code == grpc.StatusCode.OK)
    shown.kept(f"{n_taken:,} taken, the others refused by name; 0 UNKNOWN, 0 INTERNAL, alive")


async def some_ids(host: str) -> list[str]:
    """Make a small conversation and return every id in it."""
    async with calls_to(host) as calls:
        create = pb.CreateConversationRequest(request_id=new_request_id())
        conversation = await heard(calls.CreateConversation, create)
        drafts = [pb.ResponseDraft(sender="human", message=f"r{n}") for n in range(5)]
        add = pb.AddResponsesRequest(
            request_id=new_request_id(), conversation_id=conversation.conversation_id, drafts=drafts
        )
        stored = await heard(calls.AddResponses, add)
    return [
        conversation.conversation_id,
        *(response.response_id for response in stored.responses),
    ]


async def outcome(
    channel: grpc.aio.Channel, path: str, method: MethodDescriptor, data: list[bytes]
) -> tuple[grpc.StatusCode, str]:
    """Make a call with bytes as they are and return how it ended; a stream may also go on."""
    try:
        await _make(channel, path, method, data)
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


async def _make(
    channel: grpc.aio.Channel, path: str, method: MethodDescriptor, data: list[bytes]
) -> None:
    sent: Any = iter(data) if method.client_streaming else data[0]
    if method.server_streaming:
        call = channel.stream_stream if method.client_streaming else channel.unary_stream
        stream: Any = call(path)(sent, timeout=LONGEST_CALL_S)
        n_read = 0
        with anyio.move_on_after(0.2):
            async for _ in stream:
                n_read += 1
                if n_read == ENOUGH_MESSAGES:
                    break
        stream.cancel()
    elif method.client_streaming:
        await channel.stream_unary(path)(sent, timeout=LONGEST_CALL_S)
    else:
        await channel.unary_unary(path)(sent, timeout=LONGEST_CALL_S)
