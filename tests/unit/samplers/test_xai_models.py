"""Which models xAI has, what each can do, and whether it can be asked from here."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from xai_sdk.proto import models_pb2

from grok_tree.errors import ConfigurationError, SamplerRefused, SamplerUnavailable
from grok_tree.forest import Model, Prices, Settings, Tool
from grok_tree.samplers import SamplerSetup, XaiSampler, capabilities_of, installed_samplers
from tests.unit.samplers._xai_server import KEY, MODEL, XaiServer

pytestmark = pytest.mark.anyio
WITH_KEY = SamplerSetup({"XAI_API_KEY": KEY})


def listed(sampler: XaiSampler) -> dict[str, Model]:
    return {model.name: model for model in sampler.models()}


def setup(environment: dict[str, str] | None = None, **options: Any) -> SamplerSetup:
    return SamplerSetup(environment or {}, options)


def metadata_key(sampler: XaiSampler) -> str:
    """Return the key that a sampler would send."""
    return dict(sampler._connection._metadata("")).get("authorization", "")


async def test_before_xai_is_asked_its_documented_models_are_listed() -> None:
    newest = listed(XaiSampler.from_setup(WITH_KEY))["xai/grok-4.7"]

    assert newest.available
    assert newest.context_length == 500_000
    assert newest.prices == Prices(prompt=2.0, cached_prompt=0.5, completion=6.0)


async def test_xai_says_which_models_it_has(xai: XaiServer, grok: XaiSampler) -> None:
    xai.language_models = [
        models_pb2.LanguageModel(
            name="grok-4.7",
            aliases=["grok-latest"],
            max_prompt_length=500_000,
            prompt_text_token_price=20_000,
            cached_prompt_token_price=5_000,
            completion_text_token_price=60_000,
        ),
        models_pb2.LanguageModel(name="grok-next"),
    ]
    xai.embedding_models = [models_pb2.EmbeddingModel(name="embed", prompt_text_token_price=100)]

    await grok.refresh()

    found = listed(grok)
    assert list(found) == ["xai/grok-4.7", "xai/grok-next", "xai/embed"]
    assert found["xai/grok-4.7"].aliases == ("xai/grok-latest",)
    assert found["xai/grok-4.7"].prices == Prices(prompt=2.0, cached_prompt=0.5, completion=6.0)
    assert "stop" not in found["xai/grok-4.7"].capabilities
    assert "stop" in found["xai/grok-next"].capabilities, "nothing is known of it"
    assert found["xai/grok-next"].prices == Prices(), "what is not said is not free"
    assert found["xai/embed"].capabilities == ("embeddings",)
    assert found["xai/embed"].prices == Prices(prompt=0.01)


async def test_a_provider_without_embeddings_lists_the_rest(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.without_embedding = True

    await grok.refresh()

    assert list(listed(grok)) == [f"xai/{MODEL}"]


async def test_a_provider_that_cannot_be_asked_says_so(xai: XaiServer, grok: XaiSampler) -> None:
    before = listed(grok)
    await xai.stop()

    with pytest.raises(SamplerUnavailable, match=xai.host):
        await grok.refresh()

    assert listed(grok) == before


async def test_an_alias_can_do_what_its_model_can(xai: XaiServer, grok: XaiSampler) -> None:
    named = models_pb2.LanguageModel(name="grok-4.3", aliases=["grok-latest"])
    xai.language_models = [named]
    await grok.refresh()

    grok.check("grok-latest", Settings(reasoning_effort="none"), 1)
    with pytest.raises(SamplerRefused, match="takes none, low, medium, high"):
        grok.check("grok-latest", Settings(reasoning_effort="xhigh"), 1)


@pytest.mark.parametrize(
    ("model", "settings", "why"),
    [
        ("grok-4.7", Settings(stop=("x",)), "'stop'"),
        ("grok-4.7", Settings(frequency_penalty=1.0), "'penalties'"),
        ("grok-4.7", Settings(presence_penalty=1.0), "'penalties'"),
        ("grok-4.7", Settings(reasoning_effort="none"), "takes low, medium, high, xhigh"),
        ("grok-4.5", Settings(reasoning_effort="xhigh"), "takes low, medium, high"),
        ("grok-4.20-0309-reasoning", Settings(reasoning_effort="low"), "'reasoning_effort'"),
        ("grok-build-0.1", Settings(reasoning_effort="low"), "'reasoning_effort'"),
        ("grok-4.7", Settings(top_k=5), "'top_k'"),
        ("grok-4.7", Settings(min_p=0.5), "'min_p'"),
        (MODEL, Settings(logprobs=True, top_logprobs=9), "at most 8 alternatives"),
        (MODEL, Settings(stop=tuple("abcdefghi")), "at most 8 stop texts"),
        (MODEL, Settings(tools=(Tool(kind="mcp"),)), "no tool of kind 'mcp'"),
        (MODEL, Settings(tools=(Tool(name="f"),) * 129), "at most 128 tools"),
    ],
)
async def test_what_a_model_is_known_not_to_do_is_refused_before_the_call(
    xai: XaiServer, grok: XaiSampler, *, model: str, settings: Settings, why: str
) -> None:
    with pytest.raises(SamplerRefused, match=why) as refused:
        grok.check(model, settings, 1)

    assert f"xai/{model}" in refused.value.message
    assert not xai.requests


async def test_a_model_that_nobody_knows_may_do_everything(grok: XaiSampler) -> None:
    everything = Settings(
        stop=("x",),
        frequency_penalty=1.0,
        reasoning_effort="xhigh",
        logprobs=True,
        top_logprobs=8,
        seed=1,
        response_format="json",
        tools=(Tool(kind="web_search"), Tool(name="f")),
    )

    grok.check("grok-4", everything, 3)
    assert "images" in capabilities_of(grok, "grok-4")


async def test_a_model_for_vectors_answers_nothing(xai: XaiServer, grok: XaiSampler) -> None:
    xai.embedding_models = [models_pb2.EmbeddingModel(name="embed")]
    await grok.refresh()

    with pytest.raises(SamplerRefused, match="ask another model"):
        grok.check("embed", Settings(), 1)


async def test_without_a_key_the_models_say_what_is_missing() -> None:
    sampler = XaiSampler.from_setup(SamplerSetup())

    assert {one.unavailable_because for one in sampler.models()} == {
        "no key for api.x.ai:443; set XAI_API_KEY"
    }
    with pytest.raises(SamplerUnavailable, match=r"xai/grok-4\.7 .* set XAI_API_KEY"):
        sampler.check("grok-4.7", Settings(), 1)
    with pytest.raises(SamplerUnavailable, match="set XAI_API_KEY"):
        await sampler.refresh()


@pytest.mark.parametrize("key", ["a\nb", "schl\u00fcssel"])
async def test_a_key_that_cannot_be_sent_is_not_shown(key: str) -> None:
    sampler = XaiSampler.from_setup(setup({"XAI_API_KEY": key}))

    with pytest.raises(SamplerUnavailable, match="characters that no key has") as refused:
        sampler.check("grok-4.7", Settings(), 1)

    assert key not in refused.value.message


async def test_without_the_package_the_models_say_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As Python itself marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "xai_sdk", None)
    sampler = XaiSampler.from_setup(WITH_KEY)

    assert all(
        "pip install 'grok-tree[xai]'" in one.unavailable_because for one in sampler.models()
    )
    with pytest.raises(SamplerUnavailable, match="grok-tree\\[xai\\]"):
        sampler.check("grok-4.7", Settings(), 1)


def test_nothing_is_imported_when_models_are_listed() -> None:
    program = (
        "import sys\n"
        "from grok_tree.samplers import XaiSampler, SamplerSetup\n"
        "from grok_tree.forest import Settings\n"
        "sampler = XaiSampler.from_setup(SamplerSetup({'XAI_API_KEY': 'key'}))\n"
        "sampler.models()\n"
        "sampler.check('grok-4.7', Settings(), 1)\n"
        "print(sorted({'grpc', 'xai_sdk', 'google.protobuf'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("host", ["api.x.ai:443", "us-east-1.api.x.ai:443", "API.X.AI"])
async def test_the_key_of_xai_goes_to_xai(host: str) -> None:
    sampler = XaiSampler.from_setup(setup({"XAI_API_KEY": KEY}, host=host))

    assert metadata_key(sampler) == f"Bearer {KEY}"


@pytest.mark.parametrize("host", ["evil.example:443", "api.x.ai.evil.example:443", "notx.ai:443"])
async def test_the_key_of_xai_goes_nowhere_else(host: str) -> None:
    sampler = XaiSampler.from_setup(setup({"XAI_API_KEY": KEY}, host=host))

    assert metadata_key(sampler) == ""
    sampler.check("grok-4.7", Settings(), 1)


async def test_another_host_has_the_key_that_is_named_for_it() -> None:
    environment = {"XAI_API_KEY": KEY, "OTHER_KEY": "other"}

    options = {"host": "other.example:443", "key_variable": "OTHER_KEY"}

    assert metadata_key(XaiSampler.from_setup(setup(environment, **options))) == "Bearer other"
    with pytest.raises(SamplerUnavailable, match="set OTHER_KEY"):
        XaiSampler.from_setup(setup({}, **options)).check("grok-4.7", Settings(), 1)


@pytest.mark.parametrize("host", ["api.x.ai:443", "10.0.0.7:443", "localhost.example:80"])
async def test_only_this_machine_is_spoken_to_without_encryption(host: str) -> None:
    with pytest.raises(ConfigurationError, match="another one: leave it out"):
        XaiSampler.from_setup(setup({}, host=host, insecure=True))


@pytest.mark.parametrize("host", ["localhost:50", "127.0.0.1:50", "[::1]:50", "unix:/tmp/x.sock"])
async def test_this_machine_may_be_spoken_to_without_encryption(host: str) -> None:
    XaiSampler.from_setup(setup({}, host=host, insecure=True)).check("grok-4.7", Settings(), 1)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"hots": "x"}, "no option 'hots'; there are: host, insecure"),
        ({"host": 5}, "host must be a text"),
        ({"insecure": "yes"}, "insecure must be true or false"),
        ({"deadline_s": 0}, "deadline_s must be a number of seconds above 0"),
        ({"silence_s": True}, "silence_s must be a number"),
        ({"parallel_tool_calls": 1}, "parallel_tool_calls must be true or false"),
        ({"key_variable": ""}, "key_variable must be the name"),
    ],
)
async def test_options_that_are_wrong_are_named(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        XaiSampler.from_setup(setup({}, **options))


async def test_a_bare_grok_name_leads_to_xai() -> None:
    sampler, model = installed_samplers(setup=WITH_KEY).resolve("grok-4.7")

    assert isinstance(sampler, XaiSampler)
    assert model == "grok-4.7"
