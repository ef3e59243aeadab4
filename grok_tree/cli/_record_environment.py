"""The environment of a program that is recorded: it leads the clients of models to a server."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grok_tree.errors import ConfigurationError

if TYPE_CHECKING:
    from grok_tree.client import Doors

SITE = Path(__file__).with_name("recorded_site")
"""Put before everything else that Python looks for."""

_LOOPBACK = "127.0.0.1,localhost,::1"


def recorded_environment(
    before: Mapping[str, str], doors: Doors, wishes: Mapping[str, str]
) -> dict[str, str]:
    """Return an environment in which clients of OpenAI and xAI find a server of ours.

    The user's keys for OpenAI and xAI are not in it, and neither is the server's: what is sent in
    their place is the key that the server lends, or a stand-in where it needs none.

    Args:
        before: The environment of this process.
        doors: Of the server.
        wishes: For the recording, by the names that headers have after ``x-grok-tree-``.

    Raises:
        ConfigurationError: The server cannot be reached by all of them.
    """
    from grok_tree.service import header_of
    from grok_tree.web import path_with

    if doors.in_the_clear and not doors.is_near:
        raise ConfigurationError(
            f"xai-sdk cannot be led to {doors.address} without TLS; record on this machine, or"
            " through a proxy that speaks TLS"
        )
    url = doors.openai_url.removesuffix("/v1") + path_with(wishes.items()) + "/v1"
    metadata = [
        (f"x-grok-tree-{name}", header_of(value)) for name, value in wishes.items() if value
    ]
    recorder = {
        "address": doors.address,
        "near": doors.is_near,
        "key": doors.http_key,
        "metadata": metadata,
    }
    kept = {name: value for name, value in before.items() if name != "GROK_TREE_API_KEY"}
    return {
        **kept,
        "OPENAI_BASE_URL": url,
        "OPENAI_API_BASE": url,
        "OPENAI_API_KEY": doors.http_key,
        "XAI_BASE_URL": url,
        "XAI_API_BASE": url,
        "XAI_API_KEY": doors.http_key,
        "GROK_TREE_RECORDER": json.dumps(recorder),
        "PYTHONPATH": _joined(os.pathsep, str(SITE), before.get("PYTHONPATH", "")),
        "no_proxy": _joined(",", before.get("no_proxy", ""), _LOOPBACK),
        "NO_PROXY": _joined(",", before.get("NO_PROXY", ""), _LOOPBACK),
    }


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)
