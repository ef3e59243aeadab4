"""Chat completions: the route."""

from __future__ import annotations

from grok_tree.errors import GrokTreeError
from grok_tree.service import Forests, Ids, SamplingRun, StatelessCall
from grok_tree.web.openai._attempts import sampling_of
from grok_tree.web.openai._caller import caller_of, told
from grok_tree.web.openai._chat_answer import chat_completion
from grok_tree.web.openai._chat_request import chat_call, read_chat
from grok_tree.web.openai._chat_stream import DONE, ChatChunks
from grok_tree.web.openai._failures import body_of_error, incident
from grok_tree.web.openai._following import all_answers, followed
from grok_tree.web.openai._http import Reply, Request


class ChatRoute:
    """Answers ``POST /chat/completions``."""

    def __init__(self, forests: Forests, ids: Ids) -> None:
        self._forests = forests
        self._ids = ids

    async def create(self, request: Request, reply: Reply) -> None:
        """Sample an answer; when the client has left, the model stops and what came is kept."""
        body = read_chat(request.body)
        call = chat_call(body, caller_of(request, self._ids))
        options = body.stream_options
        with_usage = bool(options and options.include_usage)

        async with sampling_of(self._forests, request, call, reply) as run:
            if body.stream:
                await _stream(run, call, reply, with_usage=with_usage)
            else:
                await _whole(run, call, reply)


async def _whole(run: SamplingRun, call: StatelessCall, reply: Reply) -> None:
    answers = await all_answers(run)
    body = chat_completion(run.started, answers, kept=bool(run.conversation_id))
    await reply.json(body, headers=told(run, call.request_id))


async def _stream(run: SamplingRun, call: StatelessCall, reply: Reply, *, with_usage: bool) -> None:
    chunks = ChatChunks(run.started, with_usage=with_usage, kept=bool(run.conversation_id))
    async with followed(run) as batches:
        await reply.begin_events(told(run, call.request_id))
        try:
            opening = chunks.first()
            async for batch in batches:
                if data := opening + chunks.of(batch):
                    await reply.write(data)
                opening = b""
            await reply.end(chunks.last())
        except GrokTreeError as error:
            await reply.end(_failed(error))
        except Exception:
            await reply.end(_failed(incident()))


def _failed(error: GrokTreeError) -> bytes:
    return b"data: " + body_of_error(error) + b"\n\n" + DONE
