"""Responses: the routes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from grok_tree.errors import GrokTreeError, ResponseNotFound
from grok_tree.forest import ConversationId, Origin, Response
from grok_tree.service import Forests, Ids, SamplingRun, StatelessCall
from grok_tree.web.openai._attempts import sampling_of
from grok_tree.web.openai._bodies import bad
from grok_tree.web.openai._caller import caller_of, created_at, named_response, told
from grok_tree.web.openai._failures import incident
from grok_tree.web.openai._following import all_answers, followed
from grok_tree.web.openai._http import Reply, Request, encode
from grok_tree.web.openai._response_request import (
    INSTRUCTED,
    PREVIOUS,
    read_response,
    response_call,
)
from grok_tree.web.openai._response_shown import (
    Shown,
    input_items,
    output_of,
    response_id_of,
    response_shown,
)
from grok_tree.web.openai._response_stream import ResponseEvents

DEFAULT_PAGE, LARGEST_PAGE = 20, 100


class ResponsesRoute:
    """Answers what is below ``/responses``."""

    def __init__(self, forests: Forests, ids: Ids) -> None:
        self._forests = forests
        self._ids = ids

    async def create(self, request: Request, reply: Reply) -> None:
        """Sample an answer; when the client has left, the model stops and what came is kept."""
        body = read_response(request.body)
        call = await self._instructed(response_call(body, caller_of(request, self._ids)))

        async with sampling_of(self._forests, request, call, reply) as run:
            if body.stream:
                await _stream(run, call, reply)
            else:
                await _whole(run, call, reply)

    async def retrieve(self, request: Request, reply: Reply) -> None:
        """Show an answer that is kept."""
        if request.query.get("stream", "false") != "false":
            raise bad("a stream is followed where it was begun; leave it out", "stream")
        await reply.json(encode(await self._shown(await self._answer(request))))

    async def delete(self, request: Request, reply: Reply) -> None:
        """Hide an answer, and what goes on from it; `Forests.restore_response` undoes it."""
        answer = await self._answer(request)
        await self._forests.delete_response(self._ids.new_id(), answer.response_id)
        deleted = {"id": response_id_of(answer.response_id), "object": "response", "deleted": True}
        await reply.json(encode(deleted))

    async def cancel(self, request: Request, reply: Reply) -> None:
        """Stop an answer that is being sampled, and show what came."""
        answer = await self._answer(request)
        if await self._forests.cancel_sampling(answer.response_id):
            run = await self._forests.attach_sampling(response_id=answer.response_id)
            await run.wait_ended()
        await reply.json(encode(await self._shown(await self._answer(request))))

    async def list_input_items(self, request: Request, reply: Reply) -> None:
        """Show what led to an answer, the newest first unless asked otherwise, a page at a time."""
        answer = await self._answer(request)
        path = await self._forests.get_path(answer.response_id)
        items = list(input_items(path[:-1]))
        await reply.json(encode(_page(items, request)))

    async def _instructed(self, call: StatelessCall) -> StatelessCall:
        """Return a call to which no instructions of the answer before it are carried over."""
        if call.system_prompt is not None or PREVIOUS not in call.provenance:
            return call
        try:
            parent = await self._forests.get_visible_response(call.parent_response_id)
        except ResponseNotFound as error:
            raise ResponseNotFound(error.message, **error.details, param=PREVIOUS) from None
        if INSTRUCTED not in parent.origin.provenance:
            return call
        return msgspec.structs.replace(call, system_prompt="")

    async def _answer(self, request: Request) -> Response:
        named = named_response(request.named)
        found = await self._forests.get_visible_response(named or request.named)
        await self._forests.get_conversation(found.conversation_id)  # which may be deleted
        if found.sender != "assistant":
            raise ResponseNotFound(
                f"response {request.named} is of the {found.sender}, not of a model",
                response_id=found.response_id,
            )
        return found

    async def _shown(self, answer: Response) -> Shown:
        logprobs = []
        if answer.settings.logprobs:
            logprobs = await self._forests.get_logprobs(answer.response_id)
        instructions = ""
        if INSTRUCTED in answer.origin.provenance:
            conversation = await self._forests.get_conversation(answer.conversation_id)
            told_alone = answer.origin.system_prompt
            instructions = conversation.system_prompt if told_alone is None else told_alone
        return response_shown(answer, output_of(answer, logprobs), instructions=instructions)


async def _whole(run: SamplingRun, call: StatelessCall, reply: Reply) -> None:
    (answer,) = await all_answers(run)
    output = output_of(answer.response, answer.logprobs)
    shown = response_shown(_with_words(answer.response, call), output, instructions=_given(call))
    await reply.json(encode(shown), headers=told(run, call.request_id))


async def _stream(run: SamplingRun, call: StatelessCall, reply: Reply) -> None:
    events = ResponseEvents(_begun(run, call), _given(call))
    async with followed(run) as batches:
        await reply.begin_events(told(run, call.request_id))
        try:
            opening = events.first()
            async for batch in batches:
                if data := opening + events.of(batch):
                    await reply.write(data)
                opening = b""
            await reply.end()
        except GrokTreeError as error:
            await reply.end(events.failed(error))
        except Exception:
            await reply.end(events.failed(incident()))


def _begun(run: SamplingRun, call: StatelessCall) -> Response:
    """Return an answer as it is before anything is said."""
    response_id = run.started.response_ids[0]
    return Response(
        response_id=response_id,
        conversation_id=ConversationId(run.conversation_id),
        parent_response_id=None,
        sender="assistant",
        message="",
        create_time=datetime.fromtimestamp(created_at(response_id), UTC),
        partial=True,
        model_name=run.started.model_name,
        settings=call.settings,
        origin=Origin(provenance=call.provenance),
    )


def _with_words(response: Response, call: StatelessCall) -> Response:
    """Return an answer that is not stored with what the client said of it."""
    provenance = {**call.provenance, **response.origin.provenance}
    origin = msgspec.structs.replace(response.origin, provenance=provenance)
    return msgspec.structs.replace(response, origin=origin)


def _given(call: StatelessCall) -> str:
    return (call.system_prompt or "") if INSTRUCTED in call.provenance else ""


def _page(items: Sequence[Shown], request: Request) -> Shown:
    order, after = request.query.get("order", "desc"), request.query.get("after", "")
    if order not in ("asc", "desc"):
        raise bad("it must be asc or desc", "order")
    ordered = list(items) if order == "asc" else list(reversed(items))
    begin = 0
    if after:
        ids = [one["id"] for one in ordered]
        if after not in ids:
            raise bad(f"{after!r} is none of these items", "after")
        begin = ids.index(after) + 1
    limit = _limit(request.query.get("limit", str(DEFAULT_PAGE)))
    page = ordered[begin : begin + limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": begin + limit < len(ordered),
    }


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LARGEST_PAGE):
        raise bad(f"it must be 1 to {LARGEST_PAGE}", "limit")
    return int(text)
