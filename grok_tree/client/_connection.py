"""The way to a server: channels, deadlines, keys, and errors as ours."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import anyio.to_thread
import grpc.aio

from grok_tree.client._channel import ChannelOptions, open_channel
from grok_tree.errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    GrokTreeError,
    InvalidOperationError,
    ServerUnavailable,
)
from grok_tree.wire import ForestsStub, error_from_call

UNARY_TIMEOUT_S = 60.0
"""Of every call that does not stream, unless the caller says otherwise."""

STREAM_TIMEOUT_S = 3600.0
"""Of every call that streams, unless the caller says otherwise."""

RECOVERIES = 4
"""How often a lost server of this machine is replaced within one call."""

_ADDRESS = re.compile(r"unix:.+|(insecure://)?[^\s/]+")
_METADATA_KEY = re.compile(r"(?!grpc-)[0-9a-z_.-]+(?<!-bin)")
_METADATA_VALUE = re.compile(r"[ -~]*")

_BROKEN_OFF = ("INTERNAL", "Internal error from Core")
"""What gRPC says here, without asking the server, of a message that could not be sent."""

Metadata = Sequence[tuple[str, str]]


class Place(Protocol):
    """Where a server is.

    Attributes:
        fixed: Whether a server that went away is expected back at the same address.
    """

    fixed: bool

    @property
    def known(self) -> str:
        """The address if it is known without waiting, else empty."""

    def address(self) -> str:
        """Return the server's address, starting the server if that is our business. May block."""

    def recover(self) -> bool:
        """Look for a new server after the old one was lost; return whether to try again."""

    def release(self) -> None:
        """Say that this client needs the server no more."""


class RemotePlace:
    """A server somewhere, at a fixed address."""

    fixed = True

    def __init__(self, address: str) -> None:
        if not _ADDRESS.fullmatch(address):
            raise InvalidOperationError(
                f"{address!r} is not an address; write host:port, or unix:PATH"
            )
        self.known = address

    def address(self) -> str:
        """Return the address."""
        return self.known

    def recover(self) -> bool:
        """Return False: there is no other place to look."""
        return False

    def release(self) -> None:
        """Do nothing: the server is not ours."""


class Connection:
    """Calls to one server, from any number of event loops."""

    def __init__(
        self,
        place: Place,
        *,
        api_key: str | None,
        metadata: Metadata,
        timeout: float | None,
        options: ChannelOptions,
    ) -> None:
        """Prepare calls; nothing is opened before the first.

        Args:
            place: Where the server is.
            api_key: Sent with every call; never logged.
            metadata: Sent with every call.
            timeout: Seconds for each call; None for a minute, and an hour where a call streams.
            options: gRPC channel options, rather than our own of the same name.

        Raises:
            InvalidOperationError: The key or the metadata cannot be sent.
        """
        self._place = place
        self.api_key = api_key
        self._metadata = (*_checked_metadata(metadata), *_key_metadata(api_key))
        self._timeout = timeout
        self._options = options
        self._channels: WeakKeyDictionary[
            asyncio.AbstractEventLoop, tuple[str, grpc.aio.Channel, ForestsStub]
        ] = WeakKeyDictionary()
        self._closed = False

    async def call(self, method: str, request: Any, *, timeout: float | None = None) -> Any:
        """Make a call that gives one message.

        A call that finds no server is repeated, with growing pauses, while its time is not over.

        Args:
            method: Name of the call in the schema.
            request: Its message.
            timeout: Seconds in all; None for the client's.

        Raises:
            GrokTreeError: What the server raised, or that it was not reached.
        """
        deadline = _Deadline(timeout, self._timeout, UNARY_TIMEOUT_S)
        for _ in range(RECOVERIES):
            try:
                return await self._once(method, request, deadline)
            except ServerUnavailable:
                # Every change carries a request id, so a repeat is safe.
                if not await self.recover():
                    raise
        return await self._once(method, request, deadline)

    async def stream(
        self, method: str, request: Any, *, timeout: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """Make a call that gives messages; closing the iterator cancels the call.

        It is repeated as `call` is, until its first message has come.

        Args:
            method: Name of the call in the schema.
            request: Its message.
            timeout: Seconds in all; None for the client's, `math.inf` for no limit.

        Raises:
            GrokTreeError: What the server raised, or that it was not reached.
        """
        deadline = _Deadline(timeout, self._timeout, STREAM_TIMEOUT_S)
        for _ in range(RECOVERIES):
            begun = False
            try:
                async for message in self._stream_once(method, request, deadline):
                    begun = True
                    yield message
            except ServerUnavailable:
                if begun or not await self.recover():
                    raise
            else:
                return
        async for message in self._stream_once(method, request, deadline):
            yield message

    async def recover(self) -> bool:
        """Look for a new server after the old one was lost; return whether to try again."""
        return await anyio.to_thread.run_sync(self._place.recover)

    def describe(self) -> str:
        """Return where the server is, for people."""
        return self._place.known or "the embedded server, not opened yet"

    def address(self) -> str:
        """Return where the server is; start it if that is our business. May block.

        Raises:
            InvalidOperationError: The client was closed.
            StoreError: The embedded server's database cannot be opened.
        """
        self._check_open()
        return self._place.known or self._place.address()

    async def close(self) -> None:
        """Close this event loop's channel."""
        self._closed = True
        opened = self._channels.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened[1].close()

    def release(self) -> None:
        """Give up the server, if it is ours; it is not looked for again."""
        self._closed = True
        self._place.release()

    async def _once(self, method: str, request: Any, deadline: _Deadline) -> Any:
        address, stub = await self._stub()
        left = deadline.left(address)
        try:
            return await getattr(stub, method)(request, timeout=left, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise _ours(error, address) from error
        except asyncio.CancelledError:
            self._check_not_closed()
            raise

    async def _stream_once(
        self, method: str, request: Any, deadline: _Deadline
    ) -> AsyncGenerator[Any, None]:
        address, stub = await self._stub()
        left = deadline.left(address)
        call = getattr(stub, method)(request, timeout=left, metadata=self._metadata)
        try:
            async for message in call:
                yield message
        except grpc.aio.AioRpcError as error:
            raise _ours(error, address) from error
        except asyncio.CancelledError:
            self._check_not_closed()
            raise
        finally:
            call.cancel()  # leaving a loop does not cancel a gRPC call by itself

    def _check_not_closed(self) -> None:
        """Tell a call that ended because its channel was closed from one that was cancelled."""
        task = asyncio.current_task()
        if self._closed and not (task and task.cancelling()):
            raise ConnectionFailedError("this client was closed while the call ran") from None

    def _check_open(self) -> None:
        if self._closed:
            raise InvalidOperationError("this client was closed; make a new one")

    async def _stub(self) -> tuple[str, ForestsStub]:
        self._check_open()
        loop = asyncio.get_running_loop()
        address = self._place.known or await anyio.to_thread.run_sync(self._place.address)
        opened = self._channels.get(loop)
        if opened is None or opened[0] != address:
            channel = open_channel(address, self._options, repeats=self._place.fixed)
            opened = self._channels[loop] = (address, channel, ForestsStub(channel))
        return address, opened[2]


class _Deadline:
    """When a call must be over, however often it is repeated."""

    def __init__(self, *limits_s: float | None) -> None:
        """Begin to count; the first limit that is given holds."""
        seconds = next(limit for limit in limits_s if limit is not None)
        self._ends_at = time.monotonic() + seconds

    def left(self, address: str) -> float | None:
        """Return the seconds that are left; None for no limit.

        Raises:
            DeadlineExceededError: None are.
        """
        if math.isinf(self._ends_at):
            return None
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise DeadlineExceededError(
                f"the server at {address} did not answer in time; try again or raise timeout="
            )
        return left


def _checked_metadata(metadata: Metadata) -> Metadata:
    pairs = tuple(tuple(pair) for pair in metadata)
    for pair in pairs:
        if len(pair) != 2 or not all(isinstance(part, str) for part in pair):
            raise InvalidOperationError(f"metadata holds {pair!r}; give pairs of texts")
        if not (_METADATA_KEY.fullmatch(pair[0]) and _METADATA_VALUE.fullmatch(pair[1])):
            raise InvalidOperationError(
                f"metadata {pair[0]!r} cannot be sent: a name has lower-case letters, digits and"
                " - _ . and a value has printable ASCII characters"
            )
    return pairs  # type: ignore[return-value]


def _key_metadata(api_key: str | None) -> Metadata:
    if not api_key:
        return ()
    if not _METADATA_VALUE.fullmatch(api_key):
        # The key itself must not get into a message.
        raise InvalidOperationError("the api_key holds characters that no key has; copy it again")
    return (("authorization", f"Bearer {api_key}"),)


def _ours(error: grpc.aio.AioRpcError, address: str) -> GrokTreeError:
    trailers = tuple(error.trailing_metadata() or ())
    status, text = error.code().name, error.details() or ""
    if (status, text) == _BROKEN_OFF:
        status = "UNAVAILABLE"
    return error_from_call(status, text, trailers, address=address)
