"""Leads calls to the services of the door, which is built when the first one comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import grpc
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from grok_tree.errors import GrokTreeError, InvalidOperationError
from grok_tree.server._guard import Context
from grok_tree.server.xai._errors import abort_as_live
from grok_tree.server.xai._schema import Schema, has_xai_sdk, load_schema

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]  # generic in the stubs only

PACKAGE = "xai_api"

METHODS: Mapping[str, tuple[str, ...]] = {
    "Auth": ("get_api_key_info",),
    "Chat": (
        "GetCompletion",
        "GetCompletionChunk",
        "StartDeferredCompletion",
        "GetDeferredCompletion",
        "GetStoredCompletion",
        "DeleteStoredCompletion",
        "CompactContext",
    ),
    "Embedder": ("Embed",),
    "Files": (
        "UploadFile",
        "ListFiles",
        "RetrieveFile",
        "DeleteFile",
        "RetrieveFileContent",
        "CreatePublicUrl",
        "RevokePublicUrl",
    ),
    "Models": (
        "ListLanguageModels",
        "ListEmbeddingModels",
        "ListImageGenerationModels",
        "GetLanguageModel",
        "GetEmbeddingModel",
        "GetImageGenerationModel",
    ),
    "Sample": ("SampleText", "SampleTextStreaming"),
    "Tokenize": ("TokenizeText",),
}
"""The calls that are served, of each service. What is not here gRPC answers with UNIMPLEMENTED."""

_KINDS = {
    "GetCompletionChunk": "unary_stream",
    "RetrieveFileContent": "unary_stream",
    "SampleTextStreaming": "unary_stream",
    "UploadFile": "stream_unary",
}
"""gRPC's name of the kind of a call, for those that do not bring one message and get one."""

MOST_BYTES = 20 * 1024 * 1024
"""The largest message that the official client takes."""

Doors = Callable[[Schema], Mapping[str, Any]]


class XaiHandlers(grpc.GenericRpcHandler):
    """Finds the method of a call, without knowing xAI's schema before it is needed."""

    def __init__(self, build: Doors) -> None:
        """Remember how the services are made.

        Args:
            build: Makes each service, by its name.
        """
        self._build = build
        self._doors: Mapping[str, Any] = {}
        self._schema: Schema | None = None

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        """Return what handles a call; None for a call that is not served here."""
        service, _, method = str(handler_call_details.method).strip("/").partition("/")
        package, _, name = service.partition(".")
        if package != PACKAGE or method not in METHODS.get(name, ()) or not has_xai_sdk():
            return None
        kind = _KINDS.get(method, "unary_unary")
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        handler: Handler = make(self._handle(name, method), response_serializer=_serialized)
        return handler

    def _handle(self, name: str, method: str) -> Callable[[Any, Context], Awaitable[Any]]:
        async def handle(data: Any, context: Context) -> Any:
            try:
                schema = self._schema or await self._opened()
                parse, door = _parser(schema, name, method), self._doors[name]
                request = _parsed(parse, data) if hasattr(data, "__aiter__") else parse(data)
                return _checked(await getattr(door, method)(request, context))
            except GrokTreeError as error:
                await abort_as_live(context, error)

        return handle

    async def _opened(self) -> Schema:
        schema = await anyio.to_thread.run_sync(load_schema)
        self._doors = self._doors or self._build(schema)
        self._schema = schema
        return schema


def _parser(schema: Schema, name: str, method: str) -> Callable[[bytes], Any]:
    asked = GetMessageClass(schema.services[name].methods_by_name[method].input_type)

    def parse(data: bytes) -> Any:
        try:
            return asked.FromString(data)
        except DecodeError as error:
            raise InvalidOperationError("the request is not a message of this call") from error

    return parse


def _checked(answer: Message | None) -> Message | None:
    size = 0 if answer is None else answer.ByteSize()
    if size > MOST_BYTES:
        raise InvalidOperationError(
            f"the answer has {size:,} bytes, and one message takes {MOST_BYTES:,}; ask for less at"
            " once, or for a stream"
        )
    return answer


async def _parsed(parse: Callable[[bytes], Any], stream: AsyncIterator[bytes]) -> Any:
    async for data in stream:
        yield parse(data)


def _serialized(message: Message) -> bytes:
    return message.SerializeToString()
