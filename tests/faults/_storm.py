"""A process that sends requests which others send too: ``python -m tests.faults._storm``."""

from __future__ import annotations

import json
import sys
from typing import Any

import anyio

from grok_tree.wire import pb
from tests.faults._servers import calls_to, heard, heard_to_the_end

N_AT_ONCE = 16


def request_of(number: int, conversation_id: str) -> Any:
    """Return the request with this number: every third one samples, the others add a response."""
    request_id, message = f"storm {number}", f"storm says {number}"
    if number % 3 == 0:
        return pb.SampleRequest(
            request_id=request_id, conversation_id=conversation_id, message=message, keep_leaf=True
        )
    drafts = [pb.ResponseDraft(sender="human", message=message)]
    return pb.AddResponsesRequest(
        request_id=request_id, conversation_id=conversation_id, drafts=drafts
    )


async def ids_given(calls: Any, request: Any) -> list[str]:
    """Send a request and return the ids of what it made."""
    if isinstance(request, pb.AddResponsesRequest):
        stored = await heard(calls.AddResponses, request)
        return [response.response_id for response in stored.responses]
    told = await heard_to_the_end(calls.Sample, request)
    started = next(events.started for events in told if events.HasField("started"))
    return [started.human_response.response_id, *started.response_ids]


async def storm(host: str, conversation_id: str, n_requests: int) -> dict[int, list[str]]:
    """Send all requests, some at a time, and return what each gave."""
    given: dict[int, list[str]] = {}
    numbers = iter(range(n_requests))

    async def send() -> None:
        for number in numbers:
            given[number] = await ids_given(calls, request_of(number, conversation_id))

    async with calls_to(host) as calls, anyio.create_task_group() as tasks:
        for _ in range(N_AT_ONCE):
            tasks.start_soon(send)
    return given


if __name__ == "__main__":
    host, conversation_id, n_requests = sys.argv[1:]
    print(json.dumps(anyio.run(storm, host, conversation_id, int(n_requests))))
