"""A bare grpc.aio server that sends a whole conversation in one message, the limit raised."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc.aio

from grok_tree.store import Cursor, Store
from grok_tree.wire import conversation_to_wire, pb, response_to_wire

LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


async def main(database: str) -> None:
    store = Store.open(database)

    async def everything(data: bytes, _: Any) -> bytes:
        request = pb.ListChangesRequest.FromString(data)
        return await asyncio.to_thread(_everything, store, request.conversation_id)

    handler: Any = grpc.unary_unary_rpc_method_handler(everything)
    server = grpc.aio.server(options=LIMITS)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("raw.Raw", {"Everything": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


def _everything(store: Store, conversation_id: str) -> bytes:
    with store.read() as reader:
        conversation = reader.conversation(conversation_id)
        found = reader.changes(conversation_id, Cursor(0, -1), limit=2**31, max_bytes=2**62)
    page = pb.ChangesPage(
        conversation=conversation_to_wire(conversation),
        responses=map(response_to_wire, found),
        revision=conversation.revision,
        last=True,
    )
    return page.SerializeToString()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
