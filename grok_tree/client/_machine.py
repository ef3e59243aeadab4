"""What the samplers of a server that is started here may know of this machine."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from grok_tree.errors import ConfigurationError
from grok_tree.formats import read_documents
from grok_tree.samplers import Recorded, SamplerRegistry, SamplerSetup, installed_samplers

CONFIG_VARIABLE = "GROK_TREE_CONFIG"


def configuration_file(environment: Mapping[str, str]) -> Path:
    """Return where the configuration is; it need not exist."""
    given = environment.get(CONFIG_VARIABLE)
    return Path(given) if given else platformdirs.user_config_path("grok-tree") / "config.toml"


def samplers_of_this_machine(*, trusted: bool = False) -> SamplerRegistry:
    """Return every installed provider, with the environment and the configuration of this user.

    Args:
        trusted: Only this user can ask for samplings, so any file of theirs may be replayed.

    Raises:
        ConfigurationError: The configuration cannot be read.
    """
    environment = dict(os.environ)
    options = configured_tables(configuration_file(environment))
    setup = SamplerSetup(environment, options, read_recording=_read_recording, trusted=trusted)
    return installed_samplers(setup=setup)


def _read_recording(path: Path) -> list[Recorded]:
    with path.open("rb") as file:
        return [Recorded(one.conversation, one.responses) for one in read_documents(file)]


def configured_tables(path: Path) -> dict[str, Any]:
    """Return the tables of a configuration; what is outside of them is for the command line."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigurationError(f"configuration {path} cannot be read: {why}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"configuration {path} is not TOML; mend or remove it") from error
    return {name: table for name, table in found.items() if isinstance(table, dict)}
