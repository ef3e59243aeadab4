"""A real server in this process, on a thread of its own, for as long as a block runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal

from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.server import RunningServer, ServerSettings
from grok_tree.server import running_server as _running_server
from grok_tree.web import WebDoor


@contextmanager
def running_server(
    database: Path | str,
    *,
    model: str = "scripted/echo",
    address: str = "127.0.0.1:0",
    api_key: str | None = None,
    grpc_options: Sequence[tuple[str, Any]] = (),
) -> Iterator[RunningServer]:
    """Run a server with the scripted models until the block is left.

    Args:
        database: The database file.
        model: The default model.
        address: ``host:port``, where port 0 lets the system choose, or ``unix:PATH``.
        api_key: What callers must bring; None lets everybody in.
        grpc_options: gRPC options of the server.

    Yields:
        The server; its `address` is what a client takes as ``api_host``.
    """
    settings = ServerSettings(
        database=database,
        address=address,
        model=model,
        api_key=api_key,
        samplers=lambda: SamplerRegistry([ScriptedSampler()]),
        http=partial(WebDoor, api_key=api_key),
        grpc_options=grpc_options,
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_running_server(settings)) as server,
    ):
        yield server
