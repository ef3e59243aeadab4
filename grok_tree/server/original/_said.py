"""What happens during a turn, as the messages of the original's stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import groupby
from typing import assert_never

from grok_tree.forest import (
    Cited,
    Ended,
    Pictured,
    Reasoning,
    SamplingEvent,
    Searched,
    Started,
    Token,
    ToolCalled,
)
from grok_tree.server.original._values import cited, response_of
from grok_tree.service import Forests
from grok_tree.wire.original import chat, parts, sampler


async def iter_said(
    forests: Forests, events: Sequence[SamplingEvent], options: parts.Options
) -> AsyncIterator[chat.Said]:
    """Yield the messages for what has happened; tokens that came together travel together.

    What a model thought, and its calls of tools, have no place there; they are stored.

    Args:
        forests: Where images are that models made.
        events: What has happened.
        options: Of the request; results of a search that it brought come back before the answer.

    Raises:
        SamplingError: The model failed; the answer is kept as a partial response.
    """
    for is_text, group in groupby(events, lambda event: isinstance(event, Token)):
        if is_text:
            text = "".join([event.text for event in group if isinstance(event, Token)])
            yield chat.Said(token=sampler.Sampled(token=_token(text)))
            continue
        for event in group:
            message = await _said(forests, event)
            if message is not None:
                yield message
            if isinstance(event, Started) and options.HasField("injected_search_context"):
                yield chat.Said(search_context=options.injected_search_context)


async def _said(forests: Forests, event: SamplingEvent) -> chat.Said | None:
    match event:
        case Started(human_response=human):
            return None if human is None else chat.Said(user_response=response_of(human))
        case Ended(error=error) if error is not None:
            raise error
        case Ended(response=response):
            return chat.Said(model_response=response_of(response))
        case Searched(query=query, query_type=kind):
            return chat.Said(query_action=chat.QueryAction(query=query, type=kind))
        case Cited(citation=citation):
            return cited(citation)
        case Pictured():
            return await _pictured(forests, event)
        case Reasoning() | ToolCalled() | Token():
            return None
        case _:
            assert_never(event)


async def _pictured(forests: Forests, event: Pictured) -> chat.Said:
    image = event.attachment
    if image.url:
        return chat.Said(cached_image_generation_response=chat.ImageAddress(image_url=image.url))
    data = await forests.get_file(image.file_id)
    made = chat.Image(generated_image_bytes=data, content_type=image.media_type)
    return chat.Said(image_generation_response=made)


def _token(text: str) -> sampler.SampledToken:
    return sampler.SampledToken(
        final_logit=sampler.Logit(string_token=text), token_type=sampler.SampledToken.MODEL
    )
