"""The messages and stubs of xAI's official package, imported on first use."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from grok_tree.errors import SamplerUnavailable
from grok_tree.samplers.xai._configuration import MISSING_PACKAGE


@dataclass(frozen=True)
class Schema:
    """Generated modules; only they know the newest fields."""

    chat: Any
    chat_grpc: Any
    embed: Any
    embed_grpc: Any
    image: Any
    models: Any
    models_grpc: Any
    sample: Any
    sample_grpc: Any
    tokenize: Any
    tokenize_grpc: Any


@functools.cache
def load_schema() -> Schema:
    """Import the schema; takes about half a second, so do it in a thread.

    Raises:
        SamplerUnavailable: The package is not installed, or too old.
    """
    try:
        from xai_sdk.proto import (
            chat_pb2,
            chat_pb2_grpc,
            embed_pb2,
            embed_pb2_grpc,
            image_pb2,
            models_pb2,
            models_pb2_grpc,
            sample_pb2,
            sample_pb2_grpc,
            tokenize_pb2,
            tokenize_pb2_grpc,
        )
    except ModuleNotFoundError as error:
        raise SamplerUnavailable(MISSING_PACKAGE) from error
    except Exception as error:
        # It also refuses some versions of protobuf, with a ValueError.
        raise SamplerUnavailable(
            f"the package xai-sdk is installed but cannot be imported ({error});"
            " pip install --upgrade 'grok-tree[xai]'"
        ) from error
    return Schema(
        chat_pb2,
        chat_pb2_grpc,
        embed_pb2,
        embed_pb2_grpc,
        image_pb2,
        models_pb2,
        models_pb2_grpc,
        sample_pb2,
        sample_pb2_grpc,
        tokenize_pb2,
        tokenize_pb2_grpc,
    )
