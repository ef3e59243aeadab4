"""The model of sentences: near in meaning is near in space."""

from __future__ import annotations

import importlib.util
import math
import sys
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from grok_tree.errors import ModelNotFound, SamplerRefused, SamplerUnavailable
from grok_tree.forest import Settings
from grok_tree.samplers import Embedder, LocalSampler, check_capability
from grok_tree.samplers._embedding import NAME, SHA256, SentenceModel, _shipped_file
from grok_tree.samplers._weights import file_sha256
from grok_tree.samplers._wordpiece import word_pieces

pytestmark = pytest.mark.anyio
_missing = SentenceModel().missing_reason()
needs_model = pytest.mark.skipif(bool(_missing), reason=_missing or "it is there")


@pytest.fixture
async def sampler() -> AsyncIterator[LocalSampler]:
    made = LocalSampler()
    yield made
    await made.aclose()


def nearness(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@needs_model
async def test_a_paraphrase_is_nearer_than_another_subject(sampler: LocalSampler) -> None:
    found = await sampler.embed(
        NAME,
        ["How do I get my money back?", "I would like a refund.", "The river froze in January."],
    )
    question, paraphrase, other = found.vectors
    assert nearness(question, paraphrase) > 0.5 > 0.2 > nearness(question, other)
    assert (found.model, found.usage.prompt_tokens) == ("local/minilm-l6", 10 + 8 + 9)


@needs_model
async def test_any_text_has_a_vector_of_length_1_alone_as_in_a_batch(sampler: LocalSampler) -> None:
    texts = ["", "one", "word " * 5_000, "🦔 \u0301\u200b\ufffd 日本語 \x07", "x" * 500]
    texts += [f"sentence number {number}" for number in range(20)]
    together = (await sampler.embed(NAME, texts)).vectors
    for text, vector in zip(texts, together, strict=True):
        (alone,) = (await sampler.embed(NAME, [text])).vectors
        assert len(vector) == 384
        assert math.isclose(nearness(vector, vector), 1.0, abs_tol=1e-5)
        assert max(abs(a - b) for a, b in zip(alone, vector, strict=True)) < 1e-3


@needs_model
async def test_no_texts_are_no_vectors(sampler: LocalSampler) -> None:
    assert list((await sampler.embed(NAME, [])).vectors) == []


@needs_model
async def test_the_file_is_the_one_that_is_known() -> None:
    path = _shipped_file()
    assert path is not None
    assert file_sha256(path) == SHA256


@needs_model
async def test_closing_ends_its_thread() -> None:
    made = LocalSampler()
    await made.embed(NAME, ["one"])
    assert any("local-embedding" in thread.name for thread in threading.enumerate())
    await made.aclose()
    assert not any("local-embedding" in thread.name for thread in threading.enumerate())
    with pytest.raises(SamplerUnavailable, match="closed"):
        await made.embed(NAME, ["one"])


async def test_it_embeds_and_does_not_answer(sampler: LocalSampler) -> None:
    assert isinstance(sampler, Embedder)
    first, second = sampler.models()
    assert (first.name, second.name) == ("local/smollm2-135m", "local/minilm-l6")
    assert second.capabilities == ("embeddings",)
    check_capability(sampler, NAME, "embeddings", "a vector")
    with pytest.raises(SamplerRefused, match="cannot answer; sample local/smollm2-135m"):
        sampler.check(NAME, Settings(), 1)
    with pytest.raises(SamplerRefused, match="embed with local/minilm-l6"):
        await sampler.embed("smollm2-135m", ["one"])
    with pytest.raises(ModelNotFound, match="local/minilm-l6 for vectors"):
        await sampler.embed("other", ["one"])


async def test_without_its_packages_it_says_what_to_install(
    sampler: LocalSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else find(name)
    )
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    with pytest.raises(SamplerUnavailable, match=r'pip install "grok-tree\[local\]"'):
        await sampler.embed(NAME, ["one"])
    assert "onnxruntime not installed" in sampler.models()[1].unavailable_because


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("A feline!", [1037, 10768, 4179, 999]),
        ("naïve Façade", [15743, 8508]),
        ("snake_case", [7488, 1035, 2553]),
        ("日本", [1864, 1876]),
        ("\x00\ufffd\u200b", []),
        ("🦔 " + "x" * 101, [100, 100]),
    ],
    ids=["empty", "pieces", "accents", "underscore", "cjk", "nothing seen", "unknown"],
)
def test_words_become_the_pieces_of_bert(text: str, pieces: list[int]) -> None:
    assert word_pieces(text, 256) == [101, *pieces, 102]


def test_a_long_text_is_cut_to_the_limit() -> None:
    assert word_pieces("word " * 999, 8) == [101, *[2773] * 6, 102]
