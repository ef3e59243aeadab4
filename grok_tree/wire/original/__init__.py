"""The schema of the original SDK in Python: its messages, and the names of its services.

Only numbers and types of fields are the original's. Its own files and messages are not registered
here, so both can be loaded in one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from grok_tree.wire.original.v1 import chat_pb2 as chat
from grok_tree.wire.original.v1 import compat_pb2 as compat
from grok_tree.wire.original.v1 import embedder_pb2 as embedder
from grok_tree.wire.original.v1 import files_pb2 as files
from grok_tree.wire.original.v1 import parts_pb2 as parts
from grok_tree.wire.original.v1 import sampler_pb2 as sampler
from grok_tree.wire.original.v1 import stateless_pb2 as stateless

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]  # generic in the stubs only

SERVICES: Mapping[str, ServiceDescriptor] = {
    "prompt_ide.Chat": chat.DESCRIPTOR.services_by_name["Chat"],
    "prompt_ide.Sampler": sampler.DESCRIPTOR.services_by_name["Sampler"],
    "prompt_ide.StatelessChat": stateless.DESCRIPTOR.services_by_name["StatelessChat"],
    "prompt_ide.Embedder": embedder.DESCRIPTOR.services_by_name["Embedder"],
    "prompt_ide.File": files.DESCRIPTOR.services_by_name["File"],
    "compat.chat.Chat": compat.DESCRIPTOR.services_by_name["CompatChat"],
}
"""The name under which clients call a service, to what it consists of."""

__all__ = [
    "SERVICES",
    "chat",
    "compat",
    "embedder",
    "files",
    "handler_of",
    "parts",
    "sampler",
    "stateless",
]


def handler_of(name: str, door: object) -> grpc.GenericRpcHandler:
    """Return what leads the calls of a service to the methods of `door` that have their names."""
    methods = {one.name: _method(one, door) for one in SERVICES[name].methods}
    return grpc.method_handlers_generic_handler(name, methods)


def _method(method: MethodDescriptor, door: object) -> Handler:
    kind = "unary_stream" if method.server_streaming else "unary_unary"
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    handler: Handler = make(
        getattr(door, method.name),
        request_deserializer=GetMessageClass(method.input_type).FromString,
        response_serializer=GetMessageClass(method.output_type).SerializeToString,
    )
    return handler
