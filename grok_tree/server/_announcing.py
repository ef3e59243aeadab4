"""What a call brings before its answer: where the answer is kept."""

from __future__ import annotations

from grok_tree.server._guard import Context
from grok_tree.service import SamplingRun

MOST_NAMED = 128
"""Responses that the metadata of an answer name; gRPC takes 8 KiB of metadata."""


async def announce(context: Context, run: SamplingRun) -> None:
    """Say at once that a sampling has begun, and where: from now on gRPC repeats nothing."""
    if not run.conversation_id:
        await context.send_initial_metadata(())
        return
    named = ",".join(run.started.response_ids[:MOST_NAMED])
    await context.send_initial_metadata(
        (("x-grok-tree-conversation", run.conversation_id), ("x-grok-tree-response", named))
    )
