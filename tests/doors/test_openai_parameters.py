"""Every parameter of the newest client is known by its name: honoured, refused or ignored."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import completion_create_params, embedding_create_params
from openai.types.chat import completion_create_params as chat_create_params
from openai.types.responses import response_create_params

from grok_tree.web.openai._chat_request import ChatBody
from grok_tree.web.openai._completion_request import CompletionBody
from grok_tree.web.openai._embeddings import EmbeddingBody
from grok_tree.web.openai._response_request import ResponseBody

SENT: dict[Any, Any] = {
    ChatBody: chat_create_params.CompletionCreateParamsStreaming,
    ResponseBody: response_create_params.ResponseCreateParamsStreaming,
    CompletionBody: completion_create_params.CompletionCreateParamsStreaming,
    EmbeddingBody: embedding_create_params.EmbeddingCreateParams,
}


@pytest.mark.parametrize("body", SENT, ids=lambda body: body.__name__)
def test_no_parameter_of_the_client_is_unknown(body: Any) -> None:
    sent = SENT[body].__required_keys__ | SENT[body].__optional_keys__
    assert sent - set(body.__struct_fields__) == set()
