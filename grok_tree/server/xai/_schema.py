"""The messages of xAI's official package, imported on first use."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import anyio
import anyio.to_thread

from grok_tree.errors import ExtraMissing

PACKAGE = "xai_sdk"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schema:
    """Generated modules; only they know the newest fields."""

    auth: Any
    chat: Any
    deferred: Any
    embed: Any
    files: Any
    models: Any
    sample: Any
    tokenize: Any
    usage: Any

    @functools.cached_property
    def services(self) -> Mapping[str, Any]:
        """What each service consists of, by its name."""
        modules = (
            self.auth,
            self.chat,
            self.embed,
            self.files,
            self.models,
            self.sample,
            self.tokenize,
        )
        return {
            service.name: service
            for module in modules
            for service in module.DESCRIPTOR.services_by_name.values()
        }


@functools.cache
def has_xai_sdk() -> bool:
    """Return whether the package is there, without importing it."""
    return find_spec(PACKAGE) is not None


async def preload(after_s: float) -> None:
    """Import the schema in a thread, after a while, so that the first call need not wait for it."""
    await anyio.sleep(after_s)
    if has_xai_sdk():
        try:
            await anyio.to_thread.run_sync(load_schema)
        except ExtraMissing as error:
            _log.warning("%s", error)


@functools.cache
def load_schema() -> Schema:
    """Import the schema; takes about half a second, so do it in a thread.

    Raises:
        ExtraMissing: The package is not installed, or does not fit.
    """
    try:
        from xai_sdk.proto import (
            auth_pb2,
            chat_pb2,
            deferred_pb2,
            embed_pb2,
            files_pb2,
            models_pb2,
            sample_pb2,
            tokenize_pb2,
            usage_pb2,
        )
    except Exception as error:
        # It also refuses some versions of protobuf, with a ValueError.
        raise ExtraMissing(
            f"clients of xai-sdk cannot be served: its package cannot be imported ({error});"
            ' on the server run: python -m pip install --upgrade "grok-tree[xai]"'
        ) from error
    return Schema(
        auth_pb2,
        chat_pb2,
        deferred_pb2,
        embed_pb2,
        files_pb2,
        models_pb2,
        sample_pb2,
        tokenize_pb2,
        usage_pb2,
    )
