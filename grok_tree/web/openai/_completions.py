"""Completions, the older kind: the route. Nothing of them is stored: they are no conversations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from itertools import groupby
from typing import Any

from grok_tree.errors import GrokTreeError
from grok_tree.forest import Finished, ResponseId, Token, Usage
from grok_tree.service import Forests, Ids
from grok_tree.web.openai._caller import answering_model, created_at
from grok_tree.web.openai._chat_stream import DONE
from grok_tree.web.openai._completion_request import (
    CompletionBody,
    Continuation,
    continuations,
    read_completion,
)
from grok_tree.web.openai._continuing import Batches, Continuing, Event
from grok_tree.web.openai._failures import body_of_error, incident
from grok_tree.web.openai._http import Reply, Request, beside, encode
from grok_tree.web.openai._tokens import FINISH_REASONS, chat_usage, shown_logprob


class CompletionsRoute:
    """Answers ``POST /completions``."""

    def __init__(self, forests: Forests, ids: Ids) -> None:
        self._forests = forests
        self._ids = ids

    async def create(self, request: Request, reply: Reply) -> None:
        """Continue texts; when the client leaves, the model stops."""
        body = read_completion(request.body)
        asked = continuations(body)
        shape = _Shape(ResponseId(self._ids.new_id()), body)
        model = answering_model(request) or body.model
        continuing = Continuing(self._forests, model, asked)

        async def answer() -> None:
            async with aclosing(continuing.batches()) as batches:
                await (_stream if body.stream else _whole)(batches, asked, shape, reply)

        await beside(continuing.run, answer)


class _Shape:
    """What is the same in every part of an answer."""

    def __init__(self, call_id: ResponseId, body: CompletionBody) -> None:
        self._same = {
            "id": f"cmpl-{call_id}",
            "object": "text_completion",
            "created": created_at(call_id),
            "model": body.model,
            "system_fingerprint": None,
        }
        options = body.stream_options
        self.with_usage = bool(options and options.include_usage)
        self.headers = [("x-request-id", call_id)]

    def body(self, choices: Sequence[Any], used: Iterable[Usage] | None = None) -> bytes:
        """Return an answer, or a part of one."""
        usage = {} if used is None else {"usage": chat_usage(used)}
        return encode({**self._same, "choices": choices, **usage})

    def chunk(self, *choices: Any, used: Iterable[Usage] | None = None) -> bytes:
        """Return a part of an answer as an event."""
        return b"data: " + self.body(choices, used) + b"\n\n"


async def _whole(
    batches: Batches, asked: Sequence[Continuation], shape: _Shape, reply: Reply
) -> None:
    said: list[list[Token]] = [[] for _ in asked]
    ends: dict[int, Finished] = {}
    async for batch in batches:
        for index, event in batch:
            if isinstance(event, Token):
                said[index].append(event)
            else:
                ends[index] = event
    choices = [
        _choice(index, said[index], ends[index], echo=one.echo) for index, one in enumerate(asked)
    ]
    used = [end.usage for end in ends.values()]
    await reply.json(shape.body(choices, used), headers=shape.headers)


async def _stream(
    batches: Batches, asked: Sequence[Continuation], shape: _Shape, reply: Reply
) -> None:
    used: list[Usage] = []
    first = await anext(batches)
    await reply.begin_events(shape.headers)
    try:
        echoes = [_choice(index, [], None, echo=one.echo) for index, one in enumerate(asked)]
        opening = b"".join(shape.chunk(one) for one in echoes if one["text"])
        await reply.write(opening + _chunks(first, shape, used))
        async for batch in batches:
            await reply.write(_chunks(batch, shape, used))
        last = shape.chunk(used=used) if shape.with_usage else b""
        await reply.end(last + DONE)
    except GrokTreeError as error:
        await reply.end(b"data: " + body_of_error(error) + b"\n\n" + DONE)
    except Exception:
        await reply.end(b"data: " + body_of_error(incident()) + b"\n\n" + DONE)


def _chunks(batch: Sequence[Event], shape: _Shape, used: list[Usage]) -> bytes:
    """Return the chunks for what has come; tokens that came together travel together."""
    used += [event.usage for _, event in batch if isinstance(event, Finished)]
    return b"".join(shape.chunk(choice) for choice in _choices(batch))


def _choices(batch: Sequence[Event]) -> Iterator[Any]:
    for (index, _), group in groupby(batch, lambda one: (one[0], isinstance(one[1], Token))):
        events = [event for _, event in group]
        tokens = [event for event in events if isinstance(event, Token)]
        if tokens:
            yield _choice(index, tokens, None)
        for event in events:
            if isinstance(event, Finished):
                yield _choice(index, [], event)


def _choice(
    index: int, tokens: Sequence[Token], end: Finished | None, *, echo: str = ""
) -> dict[str, Any]:
    return {
        "index": index,
        "text": echo + "".join(token.text for token in tokens),
        "logprobs": _logprobs(tokens),
        "finish_reason": None if end is None else FINISH_REASONS.get(end.finish_reason, "stop"),
    }


def _logprobs(tokens: Sequence[Token]) -> dict[str, Any] | None:
    """Return tokens with their log-probabilities, in the older form."""
    known = [(token.offset, token.logprob) for token in tokens if token.logprob]
    if not known:
        return None
    return {
        "tokens": [one.text for _, one in known],
        "token_logprobs": [shown_logprob(one.logprob) for _, one in known],
        "top_logprobs": [
            {other.text: shown_logprob(other.logprob) for other in one.alternatives}
            for _, one in known
        ],
        "text_offset": [offset for offset, _ in known],
    }
