"""Whole answers, as xAI's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grok_tree.forest import Response, Settings, TokenLogprob
from grok_tree.server.xai._schema import Schema
from grok_tree.server.xai._tools import call_message
from grok_tree.server.xai._words import (
    file_words,
    fingerprint_word,
    finish_word,
    inline_word,
    logprobs_word,
    model_word,
    source_words,
    usage_word,
)
from grok_tree.service import token_of
from grok_tree.wire import time_to_wire

Logprobs = Mapping[str, Sequence[TokenLogprob]]
"""Those of each response, by its id."""


def answer_of(schema: Schema, responses: Sequence[Response], logprobs: Logprobs) -> Any:
    """Return siblings as one answer; its id is that of the first."""
    first = responses[0]
    return schema.chat.GetChatCompletionResponse(
        id=first.response_id,
        outputs=[
            _output(schema, one, index, logprobs.get(one.response_id, ()))
            for index, one in enumerate(responses)
        ],
        created=time_to_wire(first.create_time),
        model=model_word(first.model_name),
        system_fingerprint=fingerprint_word(responses),
        usage=usage_word(schema, responses),
        citations=source_words(responses),
        output_files=file_words(schema, responses),
    )


def settings_asked(schema: Schema, request: Any) -> Any:
    """Return the settings of a request, as its answer repeats them."""
    names = {field.name for field in schema.chat.RequestSettings.DESCRIPTOR.fields}
    found = {field.name: value for field, value in request.ListFields() if field.name in names}
    return schema.chat.RequestSettings(**{"parallel_tool_calls": True, **found})


def settings_kept(schema: Schema, settings: Settings) -> Any:
    """Return the settings that are kept with a response, as far as an answer repeats them."""
    return schema.chat.RequestSettings(
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        parallel_tool_calls=True,
        store_messages=True,
    )


def _output(
    schema: Schema, response: Response, index: int, logprobs: Sequence[TokenLogprob]
) -> Any:
    chat = schema.chat
    inline = [
        inline_word(schema, one, number) for number, one in enumerate(response.citations, start=1)
    ]
    message = chat.CompletionMessage(
        content=response.message,
        role=chat.ROLE_ASSISTANT,
        reasoning_content=response.reasoning,
        # By this the client says which answer it sends back. What the provider encrypted is kept
        # with the response, and the provider gets it from there.
        encrypted_content=token_of(response.response_id),
        tool_calls=[call_message(schema, call) for call in response.tool_calls],
        citations=filter(None, inline),
    )
    return chat.CompletionOutput(
        finish_reason=finish_word(schema, response.finish_reason),
        index=index,
        message=message,
        logprobs=logprobs_word(schema, logprobs),
    )
