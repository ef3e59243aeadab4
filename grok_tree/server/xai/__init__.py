"""The door for programs written for today's xai-sdk: the services of the package `xai_api`.

The messages are those of the official package, which is imported when the first call comes.
Without it, these services are not served.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc

from grok_tree.server.xai._auth import AuthDoor
from grok_tree.server.xai._chat import ChatDoor
from grok_tree.server.xai._files import FilesDoor
from grok_tree.server.xai._handlers import XaiHandlers
from grok_tree.server.xai._models import ModelsDoor
from grok_tree.server.xai._raw import EmbedderDoor, SampleDoor, TokenizeDoor
from grok_tree.server.xai._schema import Schema, has_xai_sdk, preload
from grok_tree.service import Forests, SystemClock, SystemIds

__all__ = ["has_xai_sdk", "preload", "xai_doors"]


def xai_doors(forests: Forests) -> grpc.GenericRpcHandler:
    """Return what handles the calls of today's xai-sdk.

    Args:
        forests: The use cases behind the door.
    """
    ids, clock = SystemIds(), SystemClock()

    def build(schema: Schema) -> Mapping[str, Any]:
        return {
            "Auth": AuthDoor(schema, forests),
            "Chat": ChatDoor(schema, forests, ids=ids, clock=clock),
            "Embedder": EmbedderDoor(schema, forests, ids=ids),
            "Files": FilesDoor(schema, forests),
            "Models": ModelsDoor(schema, forests),
            "Sample": SampleDoor(schema, forests, ids=ids, clock=clock),
            "Tokenize": TokenizeDoor(schema, forests),
        }

    return XaiHandlers(build)
