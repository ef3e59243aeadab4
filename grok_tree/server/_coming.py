"""Calls of the schema that this server does not answer yet."""

from __future__ import annotations

from typing import Any, NoReturn

import grpc

from grok_tree.server._guard import Context
from grok_tree.wire import ForestsServicer


class ComingCalls(ForestsServicer):
    """Refuses what is in the schema already and has no use case yet."""

    async def Backup(self, _request: Any, context: Context) -> NoReturn:  # type: ignore[override]
        await _refuse(context)

    async def CheckStore(self, _request: Any, context: Context) -> NoReturn:
        await _refuse(context)


async def _refuse(context: Context) -> NoReturn:
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this server cannot do that yet")
    raise AssertionError
