"""Chat completions, as today's xai-sdk asks for them."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Ended, Token, TokenLogprob
from grok_tree.server._announcing import announce
from grok_tree.server._caller import caller_of
from grok_tree.server._guard import Context
from grok_tree.server.xai._answers import answer_of, settings_asked
from grok_tree.server.xai._calls import call_of_request, fingerprint_of
from grok_tree.server.xai._chunks import Chunks, Head, failure_of
from grok_tree.server.xai._errors import abort_as_live
from grok_tree.server.xai._schema import Schema
from grok_tree.server.xai._stored import StoredAnswers
from grok_tree.service import Clock, Forests, Ids, SamplingRun

YOUNG_S = 1.0
"""How long after its beginning a call counts as one that may not have been heard of."""


class ChatDoor:
    """Serves `xai_api.Chat`."""

    def __init__(self, schema: Schema, forests: Forests, *, ids: Ids, clock: Clock) -> None:
        """Open the door.

        Args:
            schema: xAI's words.
            forests: The use cases behind it.
            ids: Where the ids of requests come from.
            clock: Where time comes from.
        """
        self._schema = schema
        self._forests = forests
        self._ids = ids
        self._clock = clock
        self._stored = StoredAnswers(schema, forests, ids=ids, clock=clock)

    async def GetCompletion(self, request: Any, context: Context) -> Any:
        """Return an answer when all of its siblings are stored."""
        async with self._begun(request, context) as (run, _):
            ended, logprobs = await _collected(run)
        for one in ended:
            if (failure := failure_of(one)) is not None:
                await abort_as_live(context, failure, begun=True)
        answer = answer_of(self._schema, [one.response for one in ended], logprobs)
        answer.settings.CopyFrom(settings_asked(self._schema, request))
        return answer

    async def GetCompletionChunk(self, request: Any, context: Context) -> None:
        """Send an answer as it comes. Leaving stops the model; what came is kept."""
        async with self._begun(request, context) as (run, hearing):
            chunks = Chunks(self._schema, Head(run.started, self._clock.now()))
            async with aclosing(run.follow()) as batches:
                async for batch in batches:
                    for chunk in chunks.of(batch):
                        await context.write(chunk)
                        hearing.certain_at = -math.inf
        if chunks.error is not None:
            await abort_as_live(context, chunks.error, begun=True)

    async def StartDeferredCompletion(self, request: Any, context: Context) -> Any:
        """Begin an answer that nobody waits for, and return by what it is asked for later."""
        async with self._begun(request, context, detach=True) as (run, _):
            return self._schema.deferred.StartDeferredResponse(request_id=run.sampling_id)

    async def GetDeferredCompletion(self, request: Any, _: Context) -> Any:
        return await self._stored.deferred(request.request_id)

    async def GetStoredCompletion(self, request: Any, _: Context) -> Any:
        return await self._stored.get(request.response_id)

    async def DeleteStoredCompletion(self, request: Any, _: Context) -> Any:
        return await self._stored.delete(request.response_id)

    async def CompactContext(self, _request: Any, context: Context) -> None:
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            "histories are not compacted here; send the messages, or previous_response_id alone",
        )

    @asynccontextmanager
    async def _begun(
        self, request: Any, context: Context, *, detach: bool = False
    ) -> AsyncIterator[tuple[SamplingRun, _Hearing]]:
        """Begin what is asked, or follow what an earlier attempt has begun, and announce it."""
        caller = caller_of(context)
        if detach and not (caller.record and self._forests.records):
            raise InvalidOperationError(
                "an answer that is fetched later must be kept, and this call is not recorded; wait"
                " for the answer, or ask a server that records, without x-grok-tree-record"
            )
        call = call_of_request(
            self._schema, request, caller, request_id=self._ids.new_id(), detach=detach
        )
        hearing = _Hearing()
        async with self._forests.attempts.sampling(
            partial(self._forests.record, call),
            fingerprint_of(request, caller),
            is_repeat=caller.is_repeat,
            may_return=lambda: self._clock.monotonic() < hearing.certain_at,
        ) as run:
            hearing.certain_at = self._clock.monotonic() + YOUNG_S
            await announce(context, run)
            yield run, hearing


@dataclass
class _Hearing:
    """What a client has heard of its call.

    Attributes:
        certain_at: From then on it has heard something, and will not repeat the call.
    """

    certain_at: float = math.inf


async def _collected(run: SamplingRun) -> tuple[list[Ended], dict[str, list[TokenLogprob]]]:
    """Return the ends of all siblings, once they are stored, and their log-probabilities."""
    ended: dict[int, Ended] = {}
    logprobs: dict[str, list[TokenLogprob]] = {}
    ids = run.started.response_ids
    async with aclosing(run.follow()) as batches:
        async for batch in batches:
            for event in batch:
                if isinstance(event, Ended):
                    ended[event.index] = event
                elif isinstance(event, Token) and event.logprob is not None:
                    logprobs.setdefault(ids[event.index], []).append(event.logprob)
    return [ended[index] for index in sorted(ended)], logprobs
