"""One request's reply, from the first byte to the last event."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from grok_tree.errors import GrokTreeError, SamplerUnavailable, SamplingError, SamplingInterrupted
from grok_tree.forest import SamplerEvent
from grok_tree.samplers.openai._answer import Answers
from grok_tree.samplers.openai._failures import Asked
from grok_tree.samplers.openai._stream import EventStream
from grok_tree.samplers.openai._transport import Reply, reason_of


async def read_reply(
    reply: Reply, answers: Answers, asked: Asked
) -> AsyncGenerator[SamplerEvent, None]:
    """Yield the events of a reply, and the ends of the siblings that ended.

    Args:
        reply: Nothing was read of it.
        answers: Says afterwards which siblings are missing.
        asked: Whom the reply is from.

    Raises:
        SamplerUnavailable: The reply was cut before it said anything.
        SamplingError: The provider did not let the model finish.
        SamplingInterrupted: The reply was cut; what came was yielded.
    """
    answers.add_provenance(endpoint=asked.base_url, request_id=reply.request_id)
    if not reply.is_stream:
        for event in answers.whole(await reply.whole()):
            yield event
        return
    damage: SamplingInterrupted | None = None
    try:
        async with aclosing(_streamed(reply, answers)) as events:
            async for event in events:
                yield event
    except SamplingInterrupted as error:
        damage = error
    for end in answers.ends():
        yield end
    if wrong := damage or _what_is_wrong(answers, asked, reply.broken_by):
        raise wrong from reply.broken_by
    await reply.finish()


async def _streamed(reply: Reply, answers: Answers) -> AsyncGenerator[SamplerEvent, None]:
    stream = EventStream()
    async with aclosing(reply.pieces()) as pieces:
        async for piece in pieces:
            for data in stream.feed(piece):
                for event in answers.events(data):
                    yield event
            if answers.is_done:
                return
    for data in stream.end():
        for event in answers.rest(data):
            yield event


def _what_is_wrong(
    answers: Answers, asked: Asked, broken_by: Exception | None
) -> GrokTreeError | None:
    """Return why the answer is not whole, None when it is."""
    if answers.withheld:
        return SamplingError(
            f"the provider of {asked.name} withheld the rest of the answer (content filter); ask"
            " something else, or another model",
            provider_code="content_filter",
        )
    if answers.is_complete:
        return None
    how = f"{asked.base_url} {reason_of(broken_by) if broken_by else 'ended the stream early'}"
    if answers.n_came:
        return SamplingInterrupted(
            f"the answer of {asked.name} was cut: {how}; what came is kept: resume it, or sample"
            " again"
        )
    return SamplerUnavailable(f"{asked.name} said nothing: {how}; try again later")
