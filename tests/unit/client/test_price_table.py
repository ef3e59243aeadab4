"""The user's own prices: what the page on money shows is understood, and mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from grok_tree.cli._settings import read_settings
from grok_tree.client import prices_of_this_machine
from grok_tree.errors import ConfigurationError
from grok_tree.forest import FREE, Prices
from tests.docs._blocks import blocks


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("GROK_TREE_CONFIG", str(path))
    return path


def test_what_the_page_shows_is_understood(configuration: Path) -> None:
    (block,) = blocks("docs/money.md", "toml")
    configuration.write_text(f'model = "scripted/echo"\n{block.code}')
    assert prices_of_this_machine() == {
        "openai/my-own-*": Prices(prompt=0.0, completion=0.0),
        "xai/grok-4.7": Prices(prompt=3.0, cached_prompt=0.75, completion=15.0),
    }
    assert read_settings(configuration).model == "scripted/echo"


def test_without_a_configuration_nothing_is_priced(configuration: Path) -> None:
    assert not configuration.exists()
    assert prices_of_this_machine() == {}


def test_free_is_a_price(configuration: Path) -> None:
    configuration.write_text('[prices."a/b"]\nprompt = 0\ncached_prompt = 0\ncompletion = 0\n')
    assert prices_of_this_machine() == {"a/b": FREE}


@pytest.mark.parametrize(
    "line", ["prompt = -1", 'prompt = "3"', "prompt = nan", "prompt = true", "answer = 3", ""]
)
def test_what_is_no_price_is_named(configuration: Path, line: str) -> None:
    configuration.write_text(f'[prices."a/b"]\n{line}\n')
    with pytest.raises(ConfigurationError, match="is no price; give any of prompt"):
        prices_of_this_machine()
