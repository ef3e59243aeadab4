"""Channels to a server: how they are encrypted, kept alive, and how calls on them are repeated."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

INSECURE = "insecure://"
"""Before an address: no encryption although it is another machine's."""

ChannelOptions = Sequence[tuple[str, Any]]

_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}
_LOOPBACK_NAMES = ("localhost", "ip6-localhost")

RETRY_POLICY = {
    # About three seconds in all: what a server needs to be started again.
    "maxAttempts": 5,
    "initialBackoff": "0.1s",
    "backoffMultiplier": 3,
    "maxBackoff": "2s",
    # Every change carries a request id, so that a repeat does nothing twice.
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_SERVICE_CONFIG = json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": RETRY_POLICY}]})

_OPTIONS = {
    # A server that froze, or a network that is gone, is noticed after 14 s of silence.
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 4_000,
    "grpc.http2.ping_timeout_ms": 4_000,
    "grpc.http2.max_pings_without_data": 0,
    # A new connection is tried soon, and one that nobody answers is given up soon.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 2_000,
    "grpc.max_reconnect_backoff_ms": 2_000,
    "grpc.service_config": _SERVICE_CONFIG,
    # A call is repeated only while its request is kept: let the largest message fit.
    "grpc.per_rpc_retry_buffer_size": 5 * 1024 * 1024,
}


def open_channel(address: str, given: ChannelOptions, *, repeats: bool) -> grpc.aio.Channel:
    """Return a channel to an address; nothing is connected yet.

    Args:
        address: ``host:port`` or ``unix:PATH``, maybe with ``insecure://`` before it.
        given: Options rather than our own of the same name.
        repeats: Whether calls that find no server are repeated.
    """
    target = address.removeprefix(INSECURE)
    near = is_near(target)
    options = dict(_OPTIONS)
    if near:
        # Otherwise an http_proxy of the environment is asked even for this machine.
        options["grpc.enable_http_proxy"] = 0
    if not repeats:
        options["grpc.enable_retries"] = 0
    arguments = list((options | dict(given)).items())
    if near or address.startswith(INSECURE):
        return grpc.aio.insecure_channel(target, options=arguments)
    return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(), options=arguments)


def nearest(address: str) -> str:
    """Return how to dial a server of this machine that says where it listens."""
    host, _, port = address.rpartition(":")
    return f"{_LOOPBACK_OF[host]}:{port}" if host in _LOOPBACK_OF else address


def is_near(target: str) -> bool:
    """Return whether nobody but this machine can be behind a target."""
    if target.startswith("unix:"):
        return True
    host = target.rpartition(":")[0] or target
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
