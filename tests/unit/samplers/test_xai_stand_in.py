"""The server of these tests is a fair stand-in: the official client is content with it."""

from __future__ import annotations

import pytest
import xai_sdk
from xai_sdk.chat import user

from tests.unit.samplers._xai_server import KEY, MODEL, XaiServer, says_words

pytestmark = pytest.mark.anyio


async def test_the_official_client_reads_what_the_stand_in_says(xai: XaiServer) -> None:
    xai.script = says_words("Hello", " there")
    client = xai_sdk.AsyncClient(api_key=KEY, api_host=f"localhost:{xai.port}")
    chat = client.chat.create(model=MODEL, messages=[user("hi")])

    pieces = []
    async for response, piece in chat.stream():
        pieces.append((response.content, piece.content))
    models = await client.models.list_language_models()
    await client.close()

    assert [piece for _, piece in pieces] == ["Hello", " there", ""]
    assert pieces[-1][0] == "Hello there"
    assert (response.finish_reason, response.cost_usd) == ("REASON_STOP", 0.035)
    assert (response.id, response.system_fingerprint) == ("answer-1", "fp-7")
    assert [model.name for model in models] == [MODEL]
    assert xai.metadata[0]["authorization"] == f"Bearer {KEY}"
