"""The door for programs written for the original SDK, xai-sdk 0.x.

It serves the original's services under their own names. Ids, here in and out, are ours, and so
are the statuses of errors.
"""

from __future__ import annotations

from collections.abc import Sequence

import grpc

from grok_tree.server.original._chat import ChatDoor
from grok_tree.server.original._compat import CompatDoor
from grok_tree.server.original._embedder import EmbedderDoor
from grok_tree.server.original._files import FileDoor
from grok_tree.server.original._sampler import SamplerDoor
from grok_tree.server.original._stateless import StatelessDoor
from grok_tree.service import Forests
from grok_tree.wire.original import handler_of

__all__ = ["original_doors"]


def original_doors(forests: Forests) -> Sequence[grpc.GenericRpcHandler]:
    """Return the handlers of the original's services."""
    doors = {
        "prompt_ide.Chat": ChatDoor(forests),
        "prompt_ide.Sampler": SamplerDoor(forests),
        "prompt_ide.StatelessChat": StatelessDoor(forests),
        "prompt_ide.Embedder": EmbedderDoor(forests),
        "prompt_ide.File": FileDoor(forests),
        "compat.chat.Chat": CompatDoor(forests),
    }
    return [handler_of(name, door) for name, door in doors.items()]
