"""Names of models lead to samplers."""

from __future__ import annotations

import pytest

from grok_tree.errors import ModelNotFound
from grok_tree.samplers import Sampler, SamplerRegistry, ScriptedSampler, installed_samplers


def test_a_name_leads_to_its_sampler() -> None:
    scripted = ScriptedSampler()
    assert SamplerRegistry([scripted]).resolve("scripted/echo") == (scripted, "echo")


@pytest.mark.parametrize("name", ["", "echo", "scripted/", "nobody/echo", "grok-4"])
def test_an_unknown_name_says_what_there_is(name: str) -> None:
    with pytest.raises(ModelNotFound, match="scripted/"):
        SamplerRegistry([ScriptedSampler()]).resolve(name)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(ModelNotFound, match="did you mean scripted/echo"):
        SamplerRegistry([ScriptedSampler()]).resolve("script/echo")


def test_a_sampler_is_made_when_it_is_first_needed() -> None:
    made: list[str] = []

    def factory() -> Sampler:
        made.append("scripted")
        return ScriptedSampler()

    registry = SamplerRegistry(factories={"scripted": factory})
    assert made == []
    assert registry.resolve("scripted/echo")[0] is registry.resolve("scripted/slow")[0]
    assert made == ["scripted"]


def test_a_broken_plug_in_does_not_hide_the_others() -> None:
    def broken() -> Sampler:
        raise RuntimeError("no such library")

    registry = SamplerRegistry([ScriptedSampler()], {"broken": broken})
    models = {model.name: model for model in registry.models()}
    assert not models["broken/?"].available
    assert models["scripted/echo"].available
    with pytest.raises(ModelNotFound, match="cannot be loaded"):
        registry.resolve("broken/model")


def test_the_built_in_samplers_are_installed() -> None:
    names = {model.name for model in installed_samplers().models()}
    assert {"local/smollm2-135m", "scripted/echo"} <= names
