"""A server that is killed and comes back, and calls that are repeated until they are heard."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
import grpc.aio

from grok_tree.testing import ServerProcess, server_process
from grok_tree.wire import ForestsStub, pb

AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
"""What a call ends with when its server dies or is stopped: it may have happened or not."""

_QUICK = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
)
LONGEST_CALL_S = 30.0


class Phoenix:
    """A real server process that can be killed and started again at the same place.

    Its methods block.
    """

    def __init__(self, database: Path | str, **options: Any) -> None:
        self.database = database
        self._options = options
        self._stack = ExitStack()
        self._port = 0
        self.server: ServerProcess | None = None

    @property
    def host(self) -> str:
        """Where it listens, also while it is dead."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> ServerProcess:
        """Start it and return once it accepts calls."""
        running = server_process(self.database, port=self._port, **self._options)
        self.server = self._stack.enter_context(running)
        self._port = int(self.server.host.rpartition(":")[2])
        return self.server

    def kill(self) -> None:
        """End it with SIGKILL."""
        assert self.server is not None
        self.server.kill()
        self._stack.close()

    def stop(self) -> int:
        """End it with SIGTERM and return its exit code."""
        assert self.server is not None
        code = self.server.terminate()
        self._stack.close()
        return code

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()


@asynccontextmanager
async def calls_to(host: str) -> AsyncIterator[Any]:
    """Give the calls of a server through a connection of their own, which comes back quickly."""
    async with grpc.aio.insecure_channel(host, options=_QUICK) as channel:
        yield ForestsStub(channel)


def new_request_id() -> str:
    """Return an id for one change."""
    return str(uuid.uuid1())


async def heard(call: Any, request: Any) -> Any:
    """Make a call again and again, as it is, until the server has answered it."""
    while True:
        try:
            return await call(request, timeout=LONGEST_CALL_S, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            if error.code() not in AGAIN:
                raise


async def heard_to_the_end(call: Any, request: Any) -> list[Any]:
    """Do the same with a call that streams, and return all messages of the last attempt."""
    while True:
        try:
            stream = call(request, timeout=LONGEST_CALL_S, wait_for_ready=True)
            return [message async for message in stream]
        except grpc.aio.AioRpcError as error:
            if error.code() not in AGAIN:
                raise


async def everything(calls: Any, conversation_id: str) -> list[pb.Response]:
    """Return all responses of a conversation, in order of creation, tombstones too."""
    request = pb.ListChangesRequest(conversation_id=conversation_id)
    pages = await heard_to_the_end(calls.ListChanges, request)
    found = [response for page in pages for response in page.responses]
    return sorted(found, key=lambda response: response.position)
