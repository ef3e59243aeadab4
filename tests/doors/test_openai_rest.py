"""The unmodified OpenAI client: continuations, models, vectors, and what it does by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors._openai_served import Served, in_own_process, served

SCRIPT = r"""
import asyncio, json, sys
import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key="secret", max_retries=0)
create = client.completions.create
out = {}

whole = create(model="played/it", prompt="one two three", n=2, max_tokens=2, logprobs=1)
out["completion"] = whole.model_dump()
out["several"] = [choice.text for choice in create(model="played/it", prompt=["a b", "c"]).choices]
out["echo"] = create(model="played/it", prompt="a b", echo=True).choices[0].text
chunks = list(create(model="played/it", prompt="a b c", stream=True, echo=True,
                     stream_options={"include_usage": True}))
out["chunks"] = ["".join(one.choices[0].text for one in chunks if one.choices),
                 chunks[-2].choices[0].finish_reason, chunks[-1].usage.completion_tokens]

out["models"] = [model.id for model in client.models.list()]
out["model"] = client.models.retrieve("scripted/echo").model_dump()

vectors = client.embeddings.create(model="played/it", input=["a", "abc"])
out["vectors"] = [one.embedding for one in vectors.data]
out["floats"] = client.embeddings.create(
    model="played/it", input="ab", encoding_format="float").data[0].embedding
out["used"] = vectors.usage.model_dump()

async def asynchronously():
    async with openai.AsyncOpenAI(base_url=sys.argv[1], api_key="secret") as client:
        made = await client.completions.create(model="played/it", prompt="x y")
        listed = [model.id async for model in client.models.list()]
        vector = await client.embeddings.create(model="played/it", input="abcd")
        return made.choices[0].text, len(listed), vector.data[0].embedding

out["async"] = asyncio.run(asynchronously())

def failing(call):
    try:
        call()
    except openai.APIError as error:
        return [type(error).__name__, error.code, error.param]

wrong = openai.OpenAI(base_url=sys.argv[1], api_key="wrong", max_retries=0)
out["errors"] = [
    failing(lambda: wrong.models.list()),
    failing(lambda: client.models.retrieve("nobody/nothing")),
    failing(lambda: client.embeddings.create(model="played/it", input=[[1, 2]])),
    failing(lambda: client.embeddings.create(model="played/it", input="a", dimensions=2)),
    failing(lambda: client.embeddings.create(model="scripted/echo", input="a")),
    failing(lambda: create(model="scripted/echo", prompt="a")),
    failing(lambda: create(model="played/it", prompt="a", suffix="b")),
    failing(lambda: create(model="played/it", prompt="a", echo=True, logprobs=1)),
    failing(lambda: client.files.list()),
]
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("rest"), api_key="secret") as running:
        yield running


@pytest.fixture(scope="module")
def seen(server: Served) -> Any:
    """What the unmodified client saw, in a process of its own."""
    return in_own_process(SCRIPT, server.url)


def test_texts_are_continued_with_log_probabilities(seen: Any) -> None:
    completion = seen["completion"]
    assert completion["object"] == "text_completion"
    assert [one["text"] for one in completion["choices"]] == [" one two", " one two"]
    assert completion["choices"][1]["logprobs"] == {
        "tokens": [" one", " two"],
        "token_logprobs": [-0.5, -0.5],
        "top_logprobs": [{" other": -2.0, " never": -9999.0}] * 2,
        "text_offset": [0, 4],
    }
    assert completion["usage"]["total_tokens"] == 14


def test_several_prompts_are_answered_in_their_order(seen: Any) -> None:
    assert seen["several"] == [" a b", " c"]


def test_a_prompt_is_said_again_where_that_is_asked(seen: Any) -> None:
    assert seen["echo"] == "a b a b"


def test_continuations_are_streamed(seen: Any) -> None:
    assert seen["chunks"] == ["a b c a b c", "stop", 3]


def test_continuations_are_no_conversations(server: Served, seen: Any) -> None:
    assert seen["completion"]
    assert server.conversations() == []


def test_models_are_listed_the_default_first(seen: Any) -> None:
    assert seen["models"][0] == "scripted/echo"
    assert "played/it" in seen["models"]
    assert seen["model"]["owned_by"] == "scripted"


def test_vectors_come_as_numbers_and_as_bytes(seen: Any) -> None:
    assert seen["vectors"] == [[1.0, 0.25], [3.0, 0.25]]
    assert seen["floats"] == [2.0, 0.25]
    assert seen["used"] == {"prompt_tokens": 2, "total_tokens": 2}


def test_the_asynchronous_client_does_the_same(seen: Any) -> None:
    assert seen["async"] == [" x y", len(seen["models"]), [4.0, 0.25]]


def test_errors_are_raised_as_the_clients_own_classes(seen: Any) -> None:
    assert seen["errors"] == [
        ["AuthenticationError", "invalid_api_key", None],
        ["NotFoundError", "model_not_found", None],
        ["BadRequestError", "invalid_operation", "input"],
        ["BadRequestError", "invalid_operation", "dimensions"],
        ["BadRequestError", "unsupported_value", None],
        ["BadRequestError", "unsupported_value", None],
        ["BadRequestError", "invalid_operation", "suffix"],
        ["BadRequestError", "invalid_operation", "echo"],
        ["NotFoundError", "not_found", None],
    ]
