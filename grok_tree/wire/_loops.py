"""Several event loops of one process that share gRPC, as a client and its embedded server do."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import grpc.aio

_HANDS_ON = "PollerCompletionQueue._handle_events"


def share_grpc() -> None:
    """Let the running event loop end, or outlive another one, without a word on standard error.

    gRPC wakes whichever loop is at hand and lets it hand on what is meant for another one. That
    other one may be closed already, with nobody left who waits for it.
    """
    _keep_grpc()
    asyncio.get_running_loop().set_exception_handler(_without_closed_loops)


@functools.cache
def _keep_grpc() -> None:
    """Keep what the loops share until the process ends.

    Otherwise whoever closes last takes it away from a loop that is just reading from it.
    """
    grpc.aio.init_grpc_aio()


def _without_closed_loops(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    is_late = isinstance(context.get("exception"), RuntimeError)
    if is_late and _HANDS_ON in str(context.get("handle", "")):
        return
    loop.default_exception_handler(context)
