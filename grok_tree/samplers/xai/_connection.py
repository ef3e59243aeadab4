"""The channel to xAI, and the calls on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from grok_tree.errors import GrokTreeError
from grok_tree.samplers.xai._configuration import Configuration, is_near
from grok_tree.samplers.xai._errors import Call
from grok_tree.samplers.xai._request import MESSAGE_BYTES
from grok_tree.samplers.xai._schema import Schema, load_schema

if TYPE_CHECKING:
    import grpc.aio

UNARY_S = 60.0
"""How long a call may take that samples nothing."""

_OPTIONS = {
    "grpc.max_send_message_length": MESSAGE_BYTES,
    "grpc.max_receive_message_length": MESSAGE_BYTES,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.http2.max_pings_without_data": 0,
    # A sampling costs money: whether it is worth another try is decided above, where it is known
    # what had come.
    "grpc.enable_retries": 0,
}


@dataclass(frozen=True)
class Method:
    """A method of a service.

    Attributes:
        stub: The class of the service's stub.
        name: As the schema names it.
    """

    stub: Callable[[Any], Any]
    name: str


class Connection:
    """A channel that is opened in the running loop by the first call."""

    def __init__(self, configuration: Configuration) -> None:
        """Prepare a connection; nothing is imported or opened yet."""
        self._configuration = configuration
        self._channel: grpc.aio.Channel | None = None
        self._closed = False

    async def schema(self) -> Schema:
        """Return xAI's words.

        Raises:
            SamplerUnavailable: The package is missing.
        """
        return await anyio.to_thread.run_sync(load_schema)

    async def stream(self, method: Method, request: Any, call: Call) -> AsyncGenerator[Any, None]:
        """Yield the messages of a streamed answer; leaving it ends the call at xAI too.

        Args:
            method: What is called.
            request: What is asked.
            call: For whom.

        Raises:
            GrokTreeError: The call failed.
        """
        deadline_s = self._configuration.deadline_s
        started = self._started(method, request, call, deadline_s)
        begun = False
        try:
            while (message := await self._read(started, call, begun=begun)) is not None:
                begun = True
                yield message
        finally:
            # Without it xAI would go on, and bill what nobody reads.
            started.cancel()

    async def unary(self, method: Method, request: Any, call: Call) -> Any:
        """Return the answer of a call that samples nothing.

        Raises:
            GrokTreeError: The call failed.
        """
        started = self._started(method, request, call, UNARY_S)
        return await self._outcome(started, call, begun=False)

    async def aclose(self) -> None:
        """End all calls and close the channel."""
        self._closed = True
        channel, self._channel = self._channel, None
        if channel is not None:
            with anyio.CancelScope(shield=True):
                await channel.close()

    def _started(self, method: Method, request: Any, call: Call, timeout_s: float) -> Any:
        stub = method.stub(self._open(call))
        metadata = self._metadata(call.conversation_id)
        return getattr(stub, method.name)(request, timeout=timeout_s, metadata=metadata)

    async def _read(self, started: Any, call: Call, *, begun: bool) -> Any:
        """Return the next message; None after the last one."""
        import grpc.aio

        silence = asyncio.timeout(self._configuration.silence_s)
        try:
            async with silence:
                message = await self._outcome(started.read(), call, begun=begun)
        except TimeoutError as error:
            # A GrokTreeError may be a TimeoutError too: the deadline's.
            if isinstance(error, GrokTreeError):
                raise
            raise call.silent(begun=begun) from None
        return None if message is grpc.aio.EOF else message

    async def _outcome(self, waited: Any, call: Call, *, begun: bool) -> Any:
        import grpc.aio

        try:
            return await waited
        except grpc.aio.AioRpcError as error:
            failure = call.failed(error, begun=begun)
        except asyncio.CancelledError:
            # gRPC cancels what waits on a channel that is closed, as if the task were cancelled.
            task = asyncio.current_task()
            if not self._closed or (task is not None and task.cancelling()):
                raise
            failure = call.closed()
        # Raised out here, so that gRPC's error, which may repeat the key, is not its context.
        raise failure

    def _metadata(self, conversation: str) -> list[tuple[str, str]]:
        metadata = []
        if self._configuration.key:
            metadata.append(("authorization", f"Bearer {self._configuration.key}"))
        if conversation and conversation.isascii() and conversation.isprintable():
            metadata.append(("x-grok-conv-id", conversation))
        return metadata

    def _open(self, call: Call) -> grpc.aio.Channel:
        if self._closed:
            raise call.closed()
        if self._channel is None:
            self._channel = _channel(self._configuration)
        return self._channel


def _channel(configuration: Configuration) -> grpc.aio.Channel:
    import grpc
    import grpc.aio

    options: dict[str, Any] = {**_OPTIONS, "grpc.primary_user_agent": _user_agent()}
    if is_near(configuration.host):
        # Otherwise a proxy of the environment is asked even for this machine.
        options["grpc.enable_http_proxy"] = 0
    arguments = list(options.items())
    if configuration.insecure:
        return grpc.aio.insecure_channel(configuration.host, options=arguments)
    credentials = grpc.ssl_channel_credentials()
    return grpc.aio.secure_channel(configuration.host, credentials, options=arguments)


def _user_agent() -> str:
    try:
        return f"grok-tree/{version('grok-tree')}"
    except PackageNotFoundError:
        return "grok-tree"
