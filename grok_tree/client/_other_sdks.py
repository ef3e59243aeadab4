"""The SDKs of others on our server: imported when they are asked for, closed with the client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from grok_tree.client._channel import INSECURE, is_near
from grok_tree.client._connection import Connection
from grok_tree.client._doors import STAND_IN_KEY, Doors, open_doors
from grok_tree.errors import ExtraMissing

if TYPE_CHECKING:
    import openai
    import xai_sdk

_UNOPENED = "http://grok-tree.invalid/v1"
"""Where requests of OpenAI clients are addressed to until they are sent."""


class AsyncSdks:
    """Clients of other SDKs for one server, one of each for every event loop that asks."""

    def __init__(self, connection: Connection) -> None:
        """Prepare; nothing is imported yet."""
        self._connection = connection
        self._opened: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Any]]
        self._opened = WeakKeyDictionary()

    def xai(self) -> xai_sdk.AsyncClient:
        """Return the official SDK's client.

        Raises:
            ExtraMissing: The SDK is not installed.
        """
        address = self._connection.address()
        return self._once(
            f"xai {address}", lambda: _xai().AsyncClient(**_dialling(self._connection))
        )

    def openai(self) -> openai.AsyncOpenAI:
        """Return OpenAI's client.

        Raises:
            ExtraMissing: It is not installed.
        """

        async def place(request: Any) -> None:
            _place(request, await open_doors(self._connection))

        def make() -> Any:
            sdk = _openai()
            http = sdk.DefaultAsyncHttpxClient(**_http_options(self._connection, place))
            return sdk.AsyncOpenAI(base_url=_UNOPENED, api_key=STAND_IN_KEY, http_client=http)

        made: openai.AsyncOpenAI = self._once("openai", make)
        return made

    async def close(self) -> None:
        """Close what was opened in this event loop."""
        for sdk in self._opened.pop(asyncio.get_running_loop(), {}).values():
            await sdk.close()

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        opened = self._opened.setdefault(asyncio.get_running_loop(), {})
        if name not in opened:
            opened[name] = make()
        return opened[name]


class SyncSdks:
    """Clients of other SDKs for one server, for blocking programs."""

    def __init__(self, connection: Connection, doors: Callable[[], Doors]) -> None:
        """Prepare; nothing is imported yet.

        Args:
            connection: To the server.
            doors: Opens its doors.
        """
        self._connection = connection
        self._doors = doors
        self._opened: dict[str, Any] = {}

    def xai(self) -> xai_sdk.Client:
        """Return the official SDK's client.

        Raises:
            ExtraMissing: The SDK is not installed.
        """
        address = self._connection.address()
        return self._once(f"xai {address}", lambda: _xai().Client(**_dialling(self._connection)))

    def openai(self) -> openai.OpenAI:
        """Return OpenAI's client.

        Raises:
            ExtraMissing: It is not installed.
        """

        def place(request: Any) -> None:
            _place(request, self._doors())

        def make() -> Any:
            sdk = _openai()
            http = sdk.DefaultHttpxClient(**_http_options(self._connection, place))
            return sdk.OpenAI(base_url=_UNOPENED, api_key=STAND_IN_KEY, http_client=http)

        made: openai.OpenAI = self._once("openai", make)
        return made

    def close(self) -> None:
        """Close what was opened."""
        opened, self._opened = self._opened, {}
        for sdk in opened.values():
            sdk.close()

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._opened:
            self._opened[name] = make()
        return self._opened[name]


def _dialling(connection: Connection) -> dict[str, Any]:
    """Return with which arguments the official SDK dials our server."""
    address = connection.address()
    target = address.removeprefix(INSECURE)
    near = is_near(target)
    return {
        "api_key": connection.api_key or STAND_IN_KEY,
        "api_host": target,
        "use_insecure_channel": near or target != address,
        # Otherwise an http_proxy of the environment is asked even for this machine.
        "channel_options": [("grpc.enable_http_proxy", 0)] if near else [],
    }


def _http_options(
    connection: Connection, place: Callable[[Any], Awaitable[None] | None]
) -> dict[str, Any]:
    near = is_near(connection.address().removeprefix(INSECURE))
    return {"event_hooks": {"request": [place]}, "trust_env": not near}


def _place(request: Any, doors: Doors) -> None:
    """Address a request to where the server is now."""
    there = urlsplit(doors.openai_url)
    request.url = request.url.copy_with(scheme=there.scheme, host=there.hostname, port=there.port)
    request.headers["host"] = there.netloc
    request.headers["authorization"] = f"Bearer {doors.http_key}"


def _xai() -> Any:
    try:
        import xai_sdk
    except ImportError as error:
        raise ExtraMissing(
            'client.chat needs an extra; run: python -m pip install "grok-tree[xai]"'
        ) from error
    return xai_sdk


def _openai() -> Any:
    try:
        import openai
    except ImportError as error:
        raise ExtraMissing(
            "client.compat needs OpenAI's client; run: python -m pip install openai"
        ) from error
    return openai
