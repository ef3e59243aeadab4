"""Texts as tokens, without a conversation."""

from __future__ import annotations

from pathlib import Path

import pytest

from grok_tree.errors import InvalidOperationError, ModelNotFound, SamplerRefused
from grok_tree.samplers import SamplerRegistry
from grok_tree.server import ServerSettings, running_server
from grok_tree.service import Forests
from grok_tree.testing import PlayedSampler

pytestmark = pytest.mark.anyio


async def test_a_text_becomes_the_tokens_of_the_default_model(forests: Forests) -> None:
    found = await forests.tokenize("", "one two one")
    assert [token.text for token in found] == ["one", " two", " one"]
    assert [token.number for token in found] == [
        token.number for token in await forests.tokenize("scripted/slow", "one two one")
    ]


async def test_an_empty_text_has_no_tokens(forests: Forests) -> None:
    assert await forests.tokenize("", "") == []


async def test_a_text_that_is_no_unicode_is_refused(forests: Forests) -> None:
    with pytest.raises(InvalidOperationError, match="text"):
        await forests.tokenize("", "\ud800")


async def test_a_model_that_is_not_there_says_so(forests: Forests) -> None:
    with pytest.raises(ModelNotFound):
        await forests.tokenize("scripted/nobody", "a")


async def test_a_model_that_does_not_tell_its_tokens_says_so(tmp_path: Path) -> None:
    settings = ServerSettings(
        tmp_path / "forests.db", samplers=lambda: SamplerRegistry([PlayedSampler([], ())])
    )
    async with running_server(settings) as server:
        with pytest.raises(SamplerRefused, match="'tokenizer'"):
            await server.forests.tokenize("played/it", "a")
