"""A program that samples under a budget until it is told to stop: a model that sends bills."""

from __future__ import annotations

from typing import Any

import grpc.aio

from grok_tree.wire import pb
from tests.faults._servers import AGAIN, LONGEST_CALL_S, new_request_id

REFUSED = grpc.StatusCode.RESOURCE_EXHAUSTED
MODELS = ("scripted/words-40", "scripted/fail-20", "scripted/slow", "scripted/words-5")


async def spend(calls: Any, conversation_id: str, model_name: str, n: int) -> bool:
    """Sample once, again and again until it is heard; return whether there was room for it."""
    request = pb.SampleRequest(
        request_id=new_request_id(),
        conversation_id=conversation_id,
        message="what does this cost",
        model_name=model_name,
        n=n,
        keep_leaf=True,
        detach=True,
        settings=pb.Settings(max_tokens=50),
    )
    while True:
        try:
            stream = calls.Sample(request, timeout=LONGEST_CALL_S, wait_for_ready=True)
            _ = [events async for events in stream]
        except grpc.aio.AioRpcError as error:
            if error.code() == REFUSED:
                return False
            if error.code() not in AGAIN:
                raise
        else:
            return True
