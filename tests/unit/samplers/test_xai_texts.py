"""Texts that xAI continues, and texts that it turns into vectors."""

from __future__ import annotations

from typing import Any

import pytest
from xai_sdk.proto import embed_pb2, sample_pb2

from grok_tree.errors import SamplerRefused, SamplingInterrupted
from grok_tree.forest import Settings
from grok_tree.samplers import RawPrompt, XaiSampler
from grok_tree.testing import ends_of, text_of
from tests.unit.samplers._xai_server import MODEL, Code, XaiServer, cut, fails, says

pytestmark = pytest.mark.anyio


def said(*texts: str, reason: int = sample_pb2.REASON_STOP) -> Any:
    """Return a script that continues with some pieces."""
    choices = [sample_pb2.SampleChoice(text=text) for text in texts]
    last = sample_pb2.SampleChoice(finish_reason=reason)
    return says(*(sample_pb2.SampleTextResponse(choices=[one]) for one in [*choices, last]))


async def completed(grok: XaiSampler, raw: RawPrompt, *, n: int = 1, **settings: Any) -> list[Any]:
    stream = grok.complete(MODEL, raw, Settings(**settings), n)
    return [event async for event in stream]


async def test_a_text_is_continued(xai: XaiServer, grok: XaiSampler) -> None:
    events = await completed(grok, RawPrompt(("one ", "two")), n=2, max_tokens=3, seed=7)

    assert [text_of(events, index) for index in (0, 1)] == [" two two two"] * 2
    assert sorted(request.seed for request in xai.requests) == [7, 8]
    assert {tuple(request.prompt) for request in xai.requests} == {("one two",)}
    end, _ = ends_of(events)
    assert (end.finish_reason, end.usage.cost_usd) == ("length", 0.035)
    assert end.provenance == {"model": "grok-served", "request_id": "text-1", "seed": "7"}


async def test_a_token_that_ends_a_continuation_is_not_part_of_it(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.continuing = said("one", "\n", "two")

    events = await completed(grok, RawPrompt(("zero",), stop_tokens=("\n",)), stop=("two",))

    assert text_of(events) == "one"
    assert list(xai.requests[0].stop) == ["two", "\n"]
    assert ends_of(events)[0].usage.estimated


@pytest.mark.parametrize(
    ("raw", "settings", "why"),
    [
        (RawPrompt(((1, 2),)), {}, "tokens by their numbers"),
        (RawPrompt(("x",), allowed_tokens=("y",)), {}, "limits on tokens"),
        (RawPrompt(("x",), disallowed_tokens=(5,)), {}, "limits on tokens"),
        (RawPrompt(("x",)), {"logprobs": True}, "log-probabilities"),
        (RawPrompt(("x",), stop_tokens=tuple("abcdefghi")), {}, "more than 8 stop texts"),
    ],
)
async def test_what_has_no_place_in_the_schema_is_refused(
    xai: XaiServer, grok: XaiSampler, *, raw: RawPrompt, settings: dict[str, Any], why: str
) -> None:
    with pytest.raises(SamplerRefused, match=why):
        await completed(grok, raw, **settings)

    assert not xai.requests


async def test_a_model_that_thinks_continues_no_text(xai: XaiServer, grok: XaiSampler) -> None:
    _, error = await cut(grok.complete("grok-4.7", RawPrompt(("x",)), Settings(), 1))

    assert isinstance(error, SamplerRefused)
    assert "'completion'" in error.message
    assert not xai.requests


async def test_a_continuation_without_an_end_is_interrupted(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.continuing = said("half", reason=sample_pb2.REASON_INVALID)

    came, error = await cut(grok.complete(MODEL, RawPrompt(("x",)), Settings(), 1))

    assert text_of(came) == "half"
    assert isinstance(error, SamplingInterrupted)


async def test_a_provider_that_continues_nothing_says_so(xai: XaiServer, grok: XaiSampler) -> None:
    xai.continuing = fails(Code.UNIMPLEMENTED, "no raw sampling")

    _, error = await cut(grok.complete(MODEL, RawPrompt(("x",)), Settings(), 1))

    assert isinstance(error, SamplerRefused)


async def test_texts_become_vectors_in_their_order(xai: XaiServer, grok: XaiSampler) -> None:
    texts = ["x" * n for n in range(300)]

    found = await grok.embed("embed", texts)

    assert [vector[0] for vector in found.vectors] == list(range(300))
    assert found.model == "embed-served"
    assert [len(request.input) for request in xai.requests] == [128, 128, 44]
    assert xai.requests[0].encoding_format == embed_pb2.FORMAT_FLOAT
    assert found.usage.estimated


async def test_no_texts_are_no_vectors(xai: XaiServer, grok: XaiSampler) -> None:
    assert list((await grok.embed("embed", [])).vectors) == []
    assert not xai.requests


async def test_a_provider_that_is_busy_is_asked_again_for_vectors(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.n_busy = 2

    assert len((await grok.embed("embed", ["x"])).vectors) == 1
    assert len(xai.requests) == 3
