"""Servers in the configuration, and what is missing before one can be used."""

from __future__ import annotations

import importlib.util

import pytest

from grok_tree.errors import ConfigurationError, SamplerRefused, SamplerUnavailable
from grok_tree.forest import Settings
from grok_tree.samplers import (
    OpenAISampler,
    SamplerSetup,
    configured_endpoints,
    endpoint,
    installed_samplers,
)

URL = "http://127.0.0.1:1/v1"


def setup(environment: dict[str, str] | None = None, **tables: object) -> SamplerSetup:
    return SamplerSetup(environment or {}, {"endpoints": tables})


def reason_of(sampler: OpenAISampler) -> str:
    (model,) = sampler.models()
    return model.unavailable_because


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({}, "needs a base_url"),
        ("x", "must be a table"),
        ({"base_url": 3}, r"Expected `str`"),
        ({"base_url": "ftp://x"}, "base_url must be"),
        ({"base_url": "http://"}, "base_url must be"),
        ({"base_url": "http://sk-canary@host/v1"}, "base_url must be"),
        ({"base_url": "http://host/v1?key=sk-canary"}, "base_url must be"),
        ({"base_url": URL, "api_key": "sk-canary"}, "keys do not belong into a file"),
        ({"base_url": URL, "key_variable": "sk-canary"}, "not a key"),
        ({"base_url": URL, "colour": "red"}, "'colour', which is not known"),
        ({"base_url": URL, "server": "canary"}, "server must be one of"),
        ({"base_url": URL, "prefill": "canary"}, "prefill must be one of"),
        ({"base_url": URL, "capabilities": ["canary"]}, "capabilities must be some of"),
        ({"base_url": URL, "capabilities": ["prefill"]}, "needs to know how"),
        ({"base_url": URL, "capabilities": ["tokenizer"]}, "needs to know how"),
        ({"base_url": URL, "silence_s": 0}, "silence_s"),
        ({"base_url": URL, "calls_at_most": "many"}, "calls_at_most"),
    ],
)
def test_a_table_that_makes_no_sense_is_named_without_its_values(
    table: object, complaint: str
) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        installed_samplers(setup=setup(lab=table))
    assert "[endpoints.lab]" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_table_cannot_take_the_name_of_an_installed_provider() -> None:
    with pytest.raises(ConfigurationError, match=r"\[endpoints.local\].*installed"):
        installed_samplers(setup=setup(local={"base_url": URL}))


def test_a_name_that_models_cannot_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="a name that models cannot have"):
        configured_endpoints({"a/b": {"base_url": URL}})


def test_every_table_is_a_provider_with_its_own_key() -> None:
    samplers = installed_samplers(
        setup=setup(
            {"LAB_KEY": "k"},
            lab={"base_url": URL, "key_variable": "LAB_KEY"},
            home={"base_url": URL, "server": "llama.cpp", "models": ["a", "b"]},
        )
    )
    sampler, model = samplers.resolve("lab/some/model")
    assert (sampler.provider, model) == ("lab", "some/model")
    sampler.check(model, Settings(), 1)
    names = {one.name: one for one in samplers.models()}
    assert names["home/a"].available
    assert "prefill" in names["home/b"].capabilities
    assert "prefill" not in names["lab/?"].capabilities


def test_openai_without_a_key_says_which_variable_to_set() -> None:
    sampler = OpenAISampler.from_setup(SamplerSetup())
    assert reason_of(sampler) == "it needs a key; set the environment variable OPENAI_API_KEY"
    with pytest.raises(SamplerUnavailable, match="OPENAI_API_KEY"):
        sampler.check("gpt-5", Settings(), 1)


def test_openai_at_another_address_needs_no_key() -> None:
    sampler = OpenAISampler.from_setup(SamplerSetup({"OPENAI_BASE_URL": URL}))
    sampler.check("any", Settings(), 1)
    assert sampler.price_provider == URL


def test_the_table_of_openai_changes_only_what_it_names() -> None:
    samplers = installed_samplers(
        setup=setup({"OPENAI_API_KEY": "k"}, openai={"requests_per_minute": 60})
    )
    sampler, _ = samplers.resolve("openai/gpt-5")
    sampler.check("gpt-5", Settings(reasoning_effort="low"), 1)
    assert isinstance(sampler, OpenAISampler)
    assert sampler.price_provider == "https://api.openai.com/v1"


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    sampler = OpenAISampler(endpoint("lab", {"base_url": URL}))
    wanted = "aiohttp is not installed; run: pip install 'grok-tree[openai]'"
    assert reason_of(sampler) == wanted
    with pytest.raises(SamplerUnavailable, match="pip install"):
        sampler.check("m", Settings(), 1)


def test_a_key_with_a_line_end_inside_is_not_sent() -> None:
    table = {"base_url": URL, "key_variable": "LAB_KEY"}
    sampler = OpenAISampler(endpoint("lab", table), key="one\ntwo")
    with pytest.raises(SamplerUnavailable, match="LAB_KEY holds characters"):
        sampler.check("m", Settings(), 1)


@pytest.mark.parametrize(("server", "expected"), [("", False), ("vllm", True)])
def test_what_a_server_takes_depends_on_what_it_is(server: str, expected: bool) -> None:
    sampler = OpenAISampler(endpoint("lab", {"base_url": URL, "server": server}))
    if expected:
        sampler.check("m", Settings(top_k=5, min_p=0.1), 1)
        return
    with pytest.raises(SamplerRefused, match="top_k"):
        sampler.check("m", Settings(top_k=5), 1)


def test_seeds_and_siblings_in_one_request_only_where_the_server_counts_them() -> None:
    plain = endpoint("lab", {"base_url": URL, "siblings_per_request": 8})
    counting = endpoint("lab", {"base_url": URL, "server": "vllm"})
    assert (plain.siblings_at_once(seeded=False), plain.siblings_at_once(seeded=True)) == (8, 1)
    assert counting.siblings_at_once(seeded=True) == 64
    assert "native_n" not in endpoint("lab", {"base_url": URL}).can
    assert "native_n" in plain.can
