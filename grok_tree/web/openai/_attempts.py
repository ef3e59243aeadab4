"""Calls that are tried again: their sampling is followed once more rather than begun once more.

Clients try again by themselves when they have waited too long or lost the connection. They send
the same body, and say in a header that it is not the first time. Only a client that says so of its
attempts is given time to come back before its model is stopped.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from functools import partial

import msgspec

from grok_tree.service import Forests, SamplingRun, StatelessCall
from grok_tree.web.openai._caller import identity
from grok_tree.web.openai._http import Reply, Request

RETRY_COUNT = "x-stainless-retry-count"
"""Sent by the clients of OpenAI with every attempt, 0 with the first."""

_MOST_REPEATS = 16


def sampling_of(
    forests: Forests, request: Request, call: StatelessCall, reply: Reply
) -> AbstractAsyncContextManager[SamplingRun]:
    """Give the sampling of a call while it is answered.

    Raises:
        GrokTreeError: As `Forests.record` does.
    """
    return forests.attempts.sampling(
        partial(_recorded, forests, call),
        identity(request, call.scope),
        is_repeat=request.headers.get(RETRY_COUNT, "0") != "0",
        may_return=lambda: RETRY_COUNT in request.headers and not reply.begun,
    )


async def _recorded(forests: Forests, call: StatelessCall) -> SamplingRun:
    """Begin a sampling; of a repeated request, follow the latest that was not cut.

    What was cut, by a failure or because everybody had left, is no answer to give again.
    """
    asked = call
    for number in range(1, _MOST_REPEATS):
        run = await forests.record(asked)
        if not run.was_cut:
            return run
        asked = msgspec.structs.replace(call, request_id=f"{call.request_id}-{number}")
    return await forests.record(asked)
