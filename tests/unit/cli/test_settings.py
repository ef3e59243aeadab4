"""The configuration file is read strictly, and nothing secret in it is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from grok_tree.cli._settings import Settings, places, read_settings
from grok_tree.errors import ConfigurationError


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.toml") == Settings()


def test_all_keys_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, 'model="m/n"\ndatabase="d"\nhost="h:1"\nshare_url="https://s"\n')
    assert read_settings(path) == Settings("m/n", "d", "h:1", "https://s")


def test_tables_of_servers_are_for_the_samplers(tmp_path: Path) -> None:
    path = written(tmp_path, 'model="lab/m"\n[endpoints.lab]\nbase_url="http://h/v1"\n')
    assert read_settings(path) == Settings("lab/m")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("modell = 'x'", "'modell', which is not known"),
        ("model = 3", "'model' .* must be a text"),
        ("model = ", "is not TOML"),
        ("api_key = 'sk-canary'", "keys do not belong into a file"),
        ("XAI_API_KEY = 'sk-canary'", "keys do not belong into a file"),
        ("model = 'sk-canary", "is not TOML"),
        ("[endpoints.lab]\napi_key = 'sk-canary'", r"\[endpoints.lab\] .* keys do not belong"),
        ("[endpoints.lab]\nserver = 'vllm'", r"\[endpoints.lab\] .* needs a base_url"),
    ],
)
def test_what_is_wrong_is_said_without_showing_a_value(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        read_settings(written(tmp_path, text))
    assert "canary" not in str(caught.value)


def test_the_environment_names_the_file() -> None:
    assert places({"GROK_TREE_CONFIG": "/x/y.toml"}).config == Path("/x/y.toml")
    assert places({}).config.name == "config.toml"
