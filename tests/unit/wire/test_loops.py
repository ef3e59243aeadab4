"""What loops that share gRPC say of each other's end, and what they still say."""

from __future__ import annotations

import asyncio

import pytest

from grok_tree.wire import share_grpc

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("handle", "exception", "is_told"),
    [
        ("<Handle PollerCompletionQueue._handle_events()>", RuntimeError("closed"), False),
        ("<Handle PollerCompletionQueue._handle_events()>", ValueError("else"), True),
        ("<Handle somebody_else()>", RuntimeError("closed"), True),
    ],
)
async def test_only_what_came_too_late_for_a_closed_loop_is_not_told(
    caplog: pytest.LogCaptureFixture, handle: str, exception: Exception, is_told: bool
) -> None:
    loop = asyncio.get_running_loop()
    of_tests = loop.get_exception_handler()
    try:
        share_grpc()
        loop.call_exception_handler({"message": "x", "handle": handle, "exception": exception})
    finally:
        loop.set_exception_handler(of_tests)
    assert bool(caplog.records) == is_told
