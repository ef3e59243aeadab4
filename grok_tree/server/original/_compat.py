"""The OpenAI-like chat of the original; what it is sent becomes a forest, too."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from grok_tree.forest import Ended, Token, id_bytes
from grok_tree.server._announcing import announce
from grok_tree.server._caller import caller_of
from grok_tree.server._guard import Context
from grok_tree.server.original._compat_request import compat_path, compat_settings
from grok_tree.server.original._compat_said import (
    choice_of,
    finish_reason_of,
    logprobs_of,
    usage_of,
)
from grok_tree.service import Forests, Ids, SamplingRun, StatelessCall, SystemIds
from grok_tree.wire.original import compat

DOOR = "original/compat"
ANSWER = "chat.completion"
PIECE = "chat.completion.chunk"


class CompatDoor:
    """Serves `compat.chat.Chat`."""

    def __init__(self, forests: Forests, ids: Ids | None = None) -> None:
        """Open the door.

        Args:
            forests: The use cases behind it.
            ids: Where the ids of requests come from.
        """
        self._forests = forests
        self._ids = ids or SystemIds()

    async def GetCompletion(self, request: compat.CompletionRequest, context: Context) -> Any:
        """Record what was said, and return all answers to it."""
        run = await self._record(request, context)
        answers: dict[int, Ended] = {}
        logprobs: dict[int, list[Token]] = {}
        async with aclosing(run.follow()) as batches:
            async for batch in batches:
                for event in batch:
                    if isinstance(event, Ended):
                        answers[event.index] = _checked(event)
                    elif isinstance(event, Token) and event.logprob is not None:
                        logprobs.setdefault(event.index, []).append(event)
        ended = [answers[index] for index in sorted(answers)]
        return compat.Completion(
            object=ANSWER,
            choices=[choice_of(one, logprobs.get(one.index, [])) for one in ended],
            usage=usage_of([one.response.usage for one in ended]),
            **_named(run),
        )

    async def GetCompletionChunk(self, request: compat.CompletionRequest, context: Context) -> None:
        """Record what was said, and send the answers piece by piece."""
        run = await self._record(request, context)
        named = _named(run)
        async with aclosing(run.follow()) as batches:
            async for batch in batches:
                for event in batch:
                    if isinstance(event, Token | Ended):
                        choice = _piece(event)
                        piece = compat.CompletionChunk(object=PIECE, choices=[choice], **named)
                        await context.write(piece)

    async def _record(self, request: compat.CompletionRequest, context: Context) -> SamplingRun:
        caller = caller_of(context)
        path = compat_path(request)
        call = StatelessCall(
            request_id=self._ids.new_id(),
            door=DOOR,
            client=caller.client,
            scope=caller.scope,
            path=path.said,
            system_prompt=path.system_prompt,
            model_name=request.model,
            answering_model=caller.model,
            settings=compat_settings(request),
            n=request.n or 1,
            parent_response_id=caller.parent,
            conversation=caller.conversation,
            files=path.files,
            provenance={"user": request.user} if request.user else {},
            record=caller.record,
        )
        run = await self._forests.record(call)
        await announce(context, run)
        return run


def _named(run: SamplingRun) -> dict[str, Any]:
    """Return what every message of an answer begins with."""
    answer_id = run.started.response_ids[0]
    begun_ms = id_bytes(answer_id)[:6]  # of a UUIDv7
    created = int.from_bytes(begun_ms) // 1000
    return {"id": answer_id, "model": run.started.model_name, "created": created}


def _checked(event: Ended) -> Ended:
    if event.error is not None:
        raise event.error
    return event


def _piece(event: Token | Ended) -> compat.ChoiceChunk:
    if isinstance(event, Ended):
        reason = finish_reason_of(_checked(event).response)
        return compat.ChoiceChunk(index=event.index, finish_reason=reason)
    delta = compat.Delta(content=event.text, role="assistant")
    return compat.ChoiceChunk(
        index=event.index,
        delta=delta,
        logprobs=logprobs_of([event]) if event.logprob is not None else None,
    )
