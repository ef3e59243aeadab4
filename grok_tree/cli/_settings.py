"""The configuration file, and the places where this program keeps things."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from grok_tree.errors import ConfigurationError

APPLICATION = "grok-tree"
PATH_VARIABLE = "GROK_TREE_CONFIG"
TABLES = ("endpoints", "local", "prices", "replay", "xai")
"""Tables of the configuration that servers and samplers read."""


@dataclass(frozen=True)
class Settings:
    """What the configuration file says; empty where it says nothing.

    Attributes:
        model: Sampled when nobody names one.
        database: File or URL of the embedded server's database.
        host: Address of a server to use instead of the embedded one.
        share_url: Base of the addresses of shares that ``serve`` gives out.
    """

    model: str = ""
    database: str = ""
    host: str = ""
    share_url: str = ""


@dataclass(frozen=True)
class Places:
    """Where things are kept."""

    config: Path
    data: Path
    cache: Path


def places(environment: Mapping[str, str] = os.environ) -> Places:
    """Return the places; none of them need exist yet."""
    import platformdirs

    given = environment.get(PATH_VARIABLE)
    config = platformdirs.user_config_path(APPLICATION) / "config.toml"
    return Places(
        config=Path(given) if given else config,
        data=platformdirs.user_data_path(APPLICATION),
        cache=platformdirs.user_cache_path(APPLICATION),
    )


def read_settings(path: Path) -> Settings:
    """Read the configuration file; one that does not exist says nothing.

    Raises:
        ConfigurationError: It cannot be read, or holds something that is not known. The message
            shows no value of the file, since somebody may have written a key there.
    """
    import tomllib

    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigurationError(f"configuration {path} cannot be read: {why}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"configuration {path} is not TOML; mend or remove it") from error
    return _checked(path, found)


def _checked(path: Path, found: Mapping[str, object]) -> Settings:
    known = [field.name for field in fields(Settings)]
    for name, value in found.items():
        if isinstance(value, dict) and name in TABLES:
            if name == "endpoints":
                _check_endpoints(value)
            continue
        if "key" in name.lower():
            raise ConfigurationError(
                f"configuration {path} holds {name!r}; keys do not belong into a file:"
                " remove it there and set GROK_TREE_API_KEY"
            )
        if name not in known:
            raise ConfigurationError(
                f"configuration {path} holds {name!r}, which is not known; there are:"
                f" {', '.join([*known, *(f'[{table}]' for table in TABLES)])}"
            )
        if not isinstance(value, str):
            raise ConfigurationError(f"{name!r} in configuration {path} must be a text in quotes")
    return Settings(**{name: str(found[name]) for name in known if name in found})


def _check_endpoints(tables: Mapping[str, object]) -> None:
    from grok_tree.samplers import configured_endpoints

    configured_endpoints(tables)
