"""Names of models lead to samplers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from grok_tree.errors import ModelNotFound, SamplerUnavailable
from grok_tree.forest import Model
from grok_tree.samplers import Sampler, SamplerRegistry, ScriptedSampler, installed_samplers


class Unruly(ScriptedSampler):
    """Fails at whatever a registry asks of it."""

    provider = "unruly"

    def models(self) -> Sequence[Model]:
        raise RuntimeError("no list today")

    async def aclose(self) -> None:
        raise RuntimeError("will not close")


class Closing(ScriptedSampler):
    """Remembers that it was closed."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True


def broken() -> Sampler:
    raise RuntimeError("no such library")


@contextmanager
def plug_in(folder: Path, *, provider: str, value: str) -> Iterator[None]:
    """Install a package that brings a sampler, without its module."""
    metadata = folder / f"{provider}_plug_in-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {provider}-plug-in\n")
    (metadata / "entry_points.txt").write_text(f"[grok_tree.samplers]\n{provider} = {value}\n")
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def test_a_name_leads_to_its_sampler() -> None:
    scripted = ScriptedSampler()
    assert SamplerRegistry([scripted]).resolve("scripted/echo") == (scripted, "echo")


def test_only_the_first_slash_parts_provider_and_model() -> None:
    assert SamplerRegistry([ScriptedSampler()]).resolve("scripted/a/b")[1] == "a/b"


def test_a_bare_grok_name_belongs_to_xai() -> None:
    class Xai(ScriptedSampler):
        provider = "xai"

    xai = Xai()
    assert SamplerRegistry([xai]).resolve("grok-4") == (xai, "grok-4")


@pytest.mark.parametrize("name", ["", "echo", "scripted/", "nobody/echo", "grok-4", "/echo"])
def test_an_unknown_name_says_what_there_is_and_what_to_do(name: str) -> None:
    with pytest.raises(ModelNotFound, match=r"scripted/.*grok-tree models"):
        SamplerRegistry([ScriptedSampler()]).resolve(name)


@pytest.mark.parametrize("name", ["script/echo", "echo"])
def test_a_near_name_is_suggested(name: str) -> None:
    with pytest.raises(ModelNotFound, match=r"did you mean scripted/echo"):
        SamplerRegistry([ScriptedSampler()]).resolve(name)


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
    registry = SamplerRegistry([ScriptedSampler(), Unruly()], {"broken": broken})
    models = {model.name: model for model in registry.models()}
    assert "no such library" in models["broken/?"].unavailable_because
    assert "no list today" in models["unruly/?"].unavailable_because
    assert models["scripted/echo"].available


def test_a_broken_plug_in_is_tried_once_and_says_why_each_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry = SamplerRegistry(factories={"broken": broken})
    for _ in range(2):
        with pytest.raises(SamplerUnavailable, match=r"cannot be loaded.*no such library"):
            registry.resolve("broken/model")
    assert len(caplog.records) == 1


def test_a_broken_plug_in_is_not_suggested() -> None:
    registry = SamplerRegistry([ScriptedSampler()], {"broken": broken})
    with pytest.raises(ModelNotFound) as caught:
        registry.resolve("brken/model")
    assert "broken/" not in str(caught.value)


@pytest.mark.anyio
async def test_closing_reaches_every_sampler_even_when_one_fails() -> None:
    closing = Closing()
    await SamplerRegistry([Unruly(), closing]).aclose()
    assert closing.closed


def test_the_built_in_samplers_are_installed() -> None:
    names = {model.name for model in installed_samplers().models()}
    assert {"local/smollm2-135m", "scripted/echo"} <= names


def test_a_given_sampler_stands_in_for_the_installed_one() -> None:
    given = ScriptedSampler()
    assert installed_samplers(given).resolve("scripted/echo")[0] is given


def test_an_installed_plug_in_is_found_and_imported_only_when_it_is_wanted(tmp_path: Path) -> None:
    with plug_in(tmp_path, provider="elsewhere", value="no_such_module:Sampler"):
        registry = installed_samplers()
        assert registry.resolve("scripted/echo")
        with pytest.raises(SamplerUnavailable, match="no_such_module"):
            registry.resolve("elsewhere/model")


def test_the_built_in_samplers_work_without_metadata() -> None:
    """As in a source tree that was copied rather than installed."""
    program = (
        "import importlib.metadata as m; m.entry_points = lambda **_: ();"
        "from grok_tree.samplers import installed_samplers;"
        "print([model.name for model in installed_samplers().models()])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert "scripted/echo" in done.stdout
    assert "local/smollm2-135m" in done.stdout
