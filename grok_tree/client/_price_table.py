"""The user's own table of prices, in the configuration."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grok_tree.client._machine import configuration_file, configured_tables
from grok_tree.errors import ConfigurationError
from grok_tree.forest import Prices

_NAMES = Prices.__struct_fields__


def prices_of_this_machine() -> Mapping[str, Prices]:
    """Return what the configuration says that models cost, by their names.

    Raises:
        ConfigurationError: It cannot be read, or says something that is no price.
    """
    path = configuration_file(os.environ)
    table = configured_tables(path).get("prices", {})
    return {model: _prices(path, model, given) for model, given in table.items()}


def _prices(path: Path, model: str, given: Any) -> Prices:
    if not isinstance(given, dict) or not given or not set(given) <= set(_NAMES):
        raise _wrong(path, model)
    for price in given.values():
        is_number = isinstance(price, int | float) and not isinstance(price, bool)
        if not (is_number and math.isfinite(price) and price >= 0):
            raise _wrong(path, model)
    return Prices(**{name: float(price) for name, price in given.items()})


def _wrong(path: Path, model: str) -> ConfigurationError:
    return ConfigurationError(
        f"[prices.{model!r}] in configuration {path} is no price; give any of"
        f" {', '.join(_NAMES)} in US dollars for a million tokens, 0 or more"
    )
