"""A TCP proxy that spoils the way between a client and a server on command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio

_PIECE_BYTES = 64 * 1024


class Proxy:
    """Passes bytes on, for as long as it is told to.

    Attributes:
        host: Where clients connect.
        delay_s: Each piece waits so long.
        bytes_per_s: Most that passes each way on a connection; None for no limit.
        n_connections: Accepted so far.
        n_replied_bytes: Passed on from the target so far.
    """

    def __init__(self, target: str) -> None:
        """Prepare a proxy to ``host:port``; `proxy_to` runs it."""
        self.host = ""
        self.delay_s = 0.0
        self.bytes_per_s: int | None = None
        self.n_connections = 0
        self.n_replied_bytes = 0
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._mute = False

    def freeze(self) -> None:
        """Pass nothing on and say nothing, as a peer does whose network has gone."""
        self._thawed.clear()

    def thaw(self) -> None:
        """Pass everything on again."""
        self._thawed.set()

    def mute(self) -> None:
        """Pass requests on and drop every reply, until `cut`."""
        self._mute = True

    def cut(self) -> None:
        """Break all connections at once; new ones are whole again."""
        self._mute = False
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def end(self) -> None:
        """Break all connections, and return when both sides have been told."""
        opened = list(self._open)
        self.thaw()
        self.cut()
        for writer in opened:
            with suppress(OSError):
                await writer.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect one client with the target until either side leaves."""
        self.n_connections += 1
        self._open.add(writer)
        try:
            await self._thawed.wait()
            if writer not in self._open:
                return  # it was cut while it waited
            host, _, port = self._target.rpartition(":")
            target_reader, target_writer = await asyncio.open_connection(host, int(port))
            self._open.add(target_writer)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._pass_on, reader, target_writer, False)
                tasks.start_soon(self._pass_on, target_reader, writer, True)
        except* OSError:
            pass  # either side has left, or was cut
        finally:
            writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, replies: bool
    ) -> None:
        try:
            while piece := await reader.read(self._piece_bytes()):
                await self._hold_back(len(piece))
                self.n_replied_bytes += len(piece) * replies
                if not (replies and self._mute):
                    writer.write(piece)
                    await writer.drain()
        finally:
            with suppress(OSError):
                writer.close()

    def _piece_bytes(self) -> int:
        return min(_PIECE_BYTES, self.bytes_per_s or _PIECE_BYTES)

    async def _hold_back(self, n_bytes: int) -> None:
        await self._thawed.wait()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.bytes_per_s:
            await asyncio.sleep(n_bytes / self.bytes_per_s)


@asynccontextmanager
async def proxy_to(target: str) -> AsyncIterator[Proxy]:
    """Run a proxy to ``host:port`` until the block is left."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    proxy.host = f"{host}:{port}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
        await server.wait_closed()
