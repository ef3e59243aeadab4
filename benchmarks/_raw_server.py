"""A bare grpc.aio server: what the transport alone can do. Run as a module, prints its address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc.aio

from grok_tree.wire.v1 import forests_pb2 as pb

METHOD = "/raw.Tokens/Stream"


async def stream(request: pb.SampleRequest, _context: object) -> AsyncIterator[pb.SampleEvents]:
    """Send as many messages as asked for, each with one token of the wire's own shape."""
    for number in range(request.n):
        text = f" word{number}"
        batch = pb.TokenBatch(text=text, lengths=[len(text)])
        yield pb.SampleEvents(tokens=[batch])


async def main() -> None:
    """Serve until the process is terminated."""
    server = grpc.aio.server()
    handler = grpc.unary_stream_rpc_method_handler(
        stream,
        request_deserializer=pb.SampleRequest.FromString,
        response_serializer=pb.SampleEvents.SerializeToString,
    )
    generic = grpc.method_handlers_generic_handler("raw.Tokens", {"Stream": handler})
    server.add_generic_rpc_handlers((generic,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
