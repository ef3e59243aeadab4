"""Answers that are asked for by ids: stored ones, and those of calls that nobody waits for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from grok_tree.errors import InvalidOperationError, ResponseNotFound, SamplingNotFound
from grok_tree.forest import Response, TokenLogprob, id_bytes
from grok_tree.server.xai._answers import answer_of, settings_kept
from grok_tree.server.xai._schema import Schema
from grok_tree.service import Clock, Forests, Ids

REMEMBERED = timedelta(hours=24)
"""How long a call that nobody waits for is found by its own id; its responses stay."""


class StoredAnswers:
    """Finds answers in the forests."""

    def __init__(self, schema: Schema, forests: Forests, *, ids: Ids, clock: Clock) -> None:
        """Look at forests.

        Args:
            schema: xAI's words.
            forests: Where the answers are.
            ids: Where the ids of requests come from.
            clock: Where time comes from.
        """
        self._schema = schema
        self._forests = forests
        self._ids = ids
        self._clock = clock

    async def get(self, response_id: str) -> Any:
        """Return an answer by its own id; one that still grows as it is now.

        Raises:
            ResponseNotFound: No visible answer has this id.
        """
        return await self._answer([await self._visible(response_id)])

    async def delete(self, response_id: str) -> Any:
        """Hide an answer and all below it; this can be undone in the forest.

        Raises:
            ResponseNotFound: No visible answer has this id.
        """
        await self._visible(response_id)
        await self._forests.delete_response(self._ids.new_id(), response_id)
        return self._schema.chat.DeleteStoredCompletionResponse(response_id=response_id)

    async def deferred(self, request_id: str) -> Any:
        """Return what has become of a call that nobody waits for; as often as it is asked for.

        Raises:
            SamplingNotFound: No call had this id.
        """
        deferred, chat = self._schema.deferred, self._schema.chat
        try:
            run = await self._forests.attach_sampling(sampling_id=request_id)
        except SamplingNotFound:
            if not _is_old(request_id, self._clock.now()):
                raise
            return chat.GetDeferredCompletionResponse(status=deferred.EXPIRED)
        found = await self._forests.get_responses(run.started.response_ids)
        if any(one.finish_reason is None for one in found):
            return chat.GetDeferredCompletionResponse(status=deferred.PENDING)
        if any(one.partial for one in found):
            return chat.GetDeferredCompletionResponse(status=deferred.FAILED)
        answer = await self._answer(found)
        return chat.GetDeferredCompletionResponse(status=deferred.DONE, response=answer)

    async def _visible(self, response_id: str) -> Response:
        found = await self._forests.get_visible_response(response_id)
        await self._forests.get_conversation(found.conversation_id)  # may be deleted as a whole
        if found.sender != "assistant":
            raise ResponseNotFound(
                f"response {response_id} is of the {found.sender}; ask for a model's answer",
                response_id=response_id,
            )
        return found

    async def _answer(self, responses: list[Response]) -> Any:
        logprobs: dict[str, list[TokenLogprob]] = {}
        for one in responses:
            if one.settings.logprobs:
                logprobs[one.response_id] = await self._forests.get_logprobs(one.response_id)
        answer = answer_of(self._schema, responses, logprobs)
        answer.settings.CopyFrom(settings_kept(self._schema, responses[0].settings))
        return answer


def _is_old(request_id: str, now: datetime) -> bool:
    """Return whether an id was given so long ago that its call is forgotten."""
    try:
        data = id_bytes(request_id)
    except InvalidOperationError:
        return False
    # The first 48 bits of an id are milliseconds since 1970.
    age_s = now.timestamp() - int.from_bytes(data[:6]) / 1000
    return age_s > REMEMBERED.total_seconds()
