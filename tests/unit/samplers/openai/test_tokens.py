"""Tokens of texts, as vLLM tells them; llama.cpp is in the contract on samplers."""

from __future__ import annotations

import json

import pytest

from grok_tree.errors import SamplerRefused, SamplerUnavailable
from grok_tree.samplers import OpenAISampler, TextToken, endpoint
from tests.unit.samplers.openai._fake import Reply, running_fake

pytestmark = pytest.mark.anyio


def reply(body: object) -> Reply:
    return Reply((json.dumps(body).encode(),), headers={"Content-Type": "application/json"})


async def tokens_of(text: str, said: object, server: str = "vllm") -> list[TextToken]:
    async with running_fake(reply(said)) as fake:
        sampler = OpenAISampler(endpoint("lab", {"base_url": fake.address, "server": server}))
        try:
            found = await sampler.tokenize("m", text)
        finally:
            await sampler.aclose()
        (asked,) = fake.asked
        assert asked.path == "/tokenize", "beside /v1"
        assert asked.body == {
            "model": "m",
            "prompt": text,
            "add_special_tokens": False,
            "return_token_strs": True,
        }
    return list(found)


async def test_a_vocabulary_of_printed_bytes_is_read() -> None:
    said = {"tokens": [5, 6, 7, 8], "token_strs": ["a", "\u0120b\u00c3", "\u00a9", "\u010a"]}
    found = await tokens_of("a b\u00e9\n", said)
    assert found == [
        TextToken(5, b"a"),
        TextToken(6, b" b\xc3"),
        TextToken(7, b"\xa9"),
        TextToken(8, b"\n"),
    ]


async def test_a_vocabulary_of_marked_texts_is_read() -> None:
    names = ["a", "\u2581\u00e9", "<0xF0>", "<0x9F>", "<0x8C>", "<0xB3>"]
    found = await tokens_of("a \u00e9\U0001f333", {"tokens": [*range(6)], "token_strs": names})
    assert b"".join(token.data for token in found).decode() == "a \u00e9\U0001f333"
    assert found[2].text == "\ufffd"


@pytest.mark.parametrize("said", [{"tokens": [1]}, {"tokens": [1], "token_strs": []}, [], "no"])
async def test_another_answer_is_not_taken_for_tokens(said: object) -> None:
    with pytest.raises(SamplerUnavailable, match="it gave no tokens"):
        await tokens_of("a", said)


async def test_a_server_without_a_way_to_ask_is_not_asked() -> None:
    sampler = OpenAISampler(endpoint("lab", {"base_url": "http://127.0.0.1:1/v1"}))
    with pytest.raises(SamplerRefused, match="tokenizer"):
        await sampler.tokenize("m", "a")
    await sampler.aclose()
