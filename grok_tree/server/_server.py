"""A whole server: the store, the use cases, and the doors that lead to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import anyio
import anyio.abc
import anyio.to_thread
import grpc.aio

from grok_tree.errors import ConfigurationError, ExtraMissing
from grok_tree.forest import Ceiling, Prices, check_ceiling
from grok_tree.samplers import SamplerRegistry, installed_samplers
from grok_tree.server._address import UNIX, bind, check_reach, split_address
from grok_tree.server._guard import Guard
from grok_tree.server._opening import OpenedDoors
from grok_tree.server._servicer import NativeDoor
from grok_tree.server._watching import WATCH_PATIENCE_S
from grok_tree.server.original import original_doors
from grok_tree.server.xai import has_xai_sdk, xai_doors
from grok_tree.service import Forests, World, background_tasks, open_forests
from grok_tree.store import Store
from grok_tree.wire import add_ForestsServicer_to_server

DEFAULT_MODEL = "local/smollm2-135m"
GRACE_S = 5.0
"""How long running calls may take to end when the server stops."""

MOST_MESSAGE_BYTES = 20 * 1024 * 1024
"""Clients of other protocols send whole files and histories at once; ours never do."""

_OPTIONS = (
    ("grpc.max_receive_message_length", MOST_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MOST_MESSAGE_BYTES),
    # Otherwise a second server on the same port would silently take half of the calls.
    ("grpc.so_reuseport", 0),
    # Clients may ask whether we are alive every 10 s, also while nothing runs.
    ("grpc.http2.min_ping_interval_without_data_ms", 9_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 9_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # A client that froze is noticed after 18 s of silence, so that its model stops; one that is
    # only busy is not cut.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 8_000),
    ("grpc.http2.ping_timeout_ms", 8_000),
    ("grpc.http2.max_pings_without_data", 0),
)


class HttpDoor(Protocol):
    """A door for browsers and for clients over HTTP, opened when it is first needed.

    Attributes:
        names: What can be reached through it: ``shares``, ``openai``.
        lent_key: What programs get as a key that are led to the server; empty where it needs none.
        known_as: The key that it stands for.
    """

    names: tuple[str, ...]
    lent_key: str
    known_as: str

    async def run(self) -> None:
        """Serve from `open` until `close`; runs in the background."""

    def open(self) -> str:
        """Listen, if that is not done yet, and return the base URL."""

    async def close(self) -> None:
        """Stop listening and let running requests end."""


HttpDoorFactory = Callable[[Forests], HttpDoor]


@dataclass(frozen=True)
class ServerSettings:
    """What a server is started with.

    Attributes:
        database: Path or URL.
        address: ``host:port`` (0 picks a free port) or ``unix:PATH``.
        model: Sampled when nobody names one.
        api_key: What callers must bring; None lets everybody in who can reach the address.
        share_url: Base of the addresses of shares; empty for the HTTP door's own.
        samplers: Makes the samplers; by default all that are installed.
        http: Makes the HTTP door; None for none.
        health: Whether the standard health service must be served.
        watch_patience_s: How long a watcher may take for one page before it is cut.
        max_cost_usd: What everything that is sampled here may cost in all; None for no limit.
        max_tokens: How many tokens it may use in all.
        budget: Under which name that is counted in the database, also by servers before and after.
        prices: What models cost, whatever is listed for them; ``*`` in a name stands for anything.
        recording: Whether what comes through stateless doors is kept.
        grpc_options: gRPC options rather than our own of the same name.
    """

    database: str | Path
    address: str = "127.0.0.1:0"
    model: str = DEFAULT_MODEL
    api_key: str | None = field(default=None, repr=False)
    share_url: str = ""
    samplers: Callable[[], SamplerRegistry] = installed_samplers
    http: HttpDoorFactory | None = None
    health: bool = False
    watch_patience_s: float = WATCH_PATIENCE_S
    max_cost_usd: float | None = None
    max_tokens: int | None = None
    budget: str = "server"
    prices: Mapping[str, Prices] = field(default_factory=dict)
    recording: bool = True
    grpc_options: Sequence[tuple[str, Any]] = ()

    @property
    def ceiling(self) -> Ceiling | None:
        """What everything together may use; None for no limit."""
        if self.max_cost_usd is None and self.max_tokens is None:
            return None
        return Ceiling(name=self.budget, max_tokens=self.max_tokens, max_cost_usd=self.max_cost_usd)


@dataclass(frozen=True)
class RunningServer:
    """A server that accepts calls.

    Attributes:
        address: Where, as clients write it.
        forests: Its use cases.
        http: Its HTTP door, maybe still closed.
        doors: The protocols that are served: ``native``, ``original``, ``shares`` and so on.
    """

    address: str
    forests: Forests
    http: HttpDoor | None
    doors: tuple[str, ...] = ()


@asynccontextmanager
async def running_server(settings: ServerSettings) -> AsyncIterator[RunningServer]:
    """Run a server while the block runs; then samplings are saved as partial and calls end.

    Raises:
        StoreError: The database cannot be opened.
        PortTaken: Somebody listens at the address.
        ConfigurationError: The address is not safe or not of this machine.
    """
    _check_address(settings)
    if settings.ceiling is not None:
        check_ceiling(settings.ceiling)
    store = await anyio.to_thread.run_sync(Store.open, settings.database)
    samplers = settings.samplers()
    try:
        doors = _Doors(settings)
        world = _world(settings, store, samplers, doors)
        async with open_forests(world) as forests, background_tasks() as tasks:
            try:
                yield await doors.open(forests, store, tasks)
            finally:
                with anyio.CancelScope(shield=True):
                    await doors.close(forests)
    finally:
        with anyio.CancelScope(shield=True):
            await samplers.aclose()
            await anyio.to_thread.run_sync(store.close)


def _world(
    settings: ServerSettings, store: Store, samplers: SamplerRegistry, doors: _Doors
) -> World:
    return World(
        store,
        samplers,
        settings.model,
        doors.share_url,
        _version(),
        ceiling=settings.ceiling,
        prices=settings.prices,
        recording=settings.recording,
    )


class _Doors:
    """Everything through which calls come in."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._http: HttpDoor | None = None
        self._grpc: grpc.aio.Server | None = None
        self._names: tuple[str, ...] = ("native", "original", *(["xai"] if has_xai_sdk() else []))
        self._address = ""

    async def share_url(self, share_id: str) -> str:
        """Return where a share can be read; opens the HTTP door if it must."""
        base = self._settings.share_url
        if not base:
            if self._http is None:
                raise ConfigurationError("this server has no HTTP door to show shares")
            base = self._http.open()
        return f"{base.rstrip('/')}/s/{share_id}"

    async def opened(self) -> OpenedDoors:
        """Open what is not open yet, and return where it is."""
        if self._http is None:
            return OpenedDoors(self._address, self._names)
        url = self._http.open()
        return OpenedDoors(self._address, self._names, url, self._http.lent_key)

    async def open(
        self, forests: Forests, store: Store, tasks: anyio.abc.TaskGroup
    ) -> RunningServer:
        settings = self._settings
        if settings.http is not None:
            self._http = settings.http(forests)
            self._names += self._http.names
            tasks.start_soon(self._http.run)
        options = list((dict(_OPTIONS) | dict(settings.grpc_options)).items())
        server = grpc.aio.server(interceptors=[self._guard()], options=options)
        self._grpc = server
        add_ForestsServicer_to_server(
            NativeDoor(forests, self.opened, watch_patience_s=settings.watch_patience_s), server
        )
        server.add_generic_rpc_handlers([*original_doors(forests), xai_doors(forests)])
        await _add_health(server, required=settings.health)
        self._address = bind(server, settings.address)
        await server.start()
        store.announce(self._address)
        return RunningServer(self._address, forests, self._http, self._names)

    def _guard(self) -> Guard:
        key, http = self._settings.api_key, self._http
        if http is None:
            return Guard(key)
        return Guard(key, lent_key=http.lent_key, known_as=http.known_as)

    async def close(self, forests: Forests) -> None:
        """Refuse new calls, let running samplings be saved, then end what still runs."""
        if self._grpc is not None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._grpc.stop, GRACE_S)
                forests.stop_watching()
                forests.stop_samplings()
            _forget(self._grpc)
        if self._http is not None:
            await self._http.close()


def _check_address(settings: ServerSettings) -> None:
    if settings.address.startswith(UNIX):
        return
    check_reach(split_address(settings.address)[0], settings.api_key)


def _forget(server: grpc.aio.Server) -> None:
    """Keep a stopped server from stopping again when it is garbage-collected.

    Its finaliser would schedule a second shutdown on an event loop that may be closed by then.
    """
    if hasattr(server, "_server"):
        del server._server


async def _add_health(server: grpc.aio.Server, *, required: bool) -> None:
    try:
        from grpc_health.v1 import health, health_pb2, health_pb2_grpc
    except ImportError as error:
        if required:
            raise ExtraMissing(
                'serving needs an extra; run: python -m pip install "grok-tree[server]"'
            ) from error
        return
    servicer = health.aio.HealthServicer()
    for service in ("", "grok_tree.wire.v1.Forests"):
        await servicer.set(service, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)


def _version() -> str:
    try:
        return version("grok-tree")
    except PackageNotFoundError:
        return "unknown"
