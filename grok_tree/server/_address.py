"""Addresses that a server may listen on."""

from __future__ import annotations

import ipaddress

import grpc.aio

from grok_tree.errors import ConfigurationError, PortTaken

UNIX = "unix:"
_LOOPBACK_NAMES = ("localhost", "ip6-localhost")


def is_loopback(host: str) -> bool:
    """Return whether only programs of this machine can reach a host."""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_reach(host: str, api_key: str | None) -> None:
    """Refuse to open a server without a key to other machines.

    Raises:
        ConfigurationError: Saying how to set a key.
    """
    if api_key is None and not is_loopback(host):
        raise ConfigurationError(
            f"listening on {host} would let everybody in who can reach this machine;"
            " set GROK_TREE_API_KEY first, or listen on 127.0.0.1"
        )


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of ``host:port``.

    Raises:
        ConfigurationError: It is not of this form.
    """
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isdigit() and int(port) < 2**16):
        raise ConfigurationError(f"{address!r} is not an address; write host:port")
    return host, int(port)


def bind(server: grpc.aio.Server, address: str) -> str:
    """Make a server listen and return the address as clients write it.

    Raises:
        PortTaken: Somebody listens there, or the host is not one of this machine.
    """
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise PortTaken(
            f"cannot listen on {address}: another program does, or it is not an address of this"
            " machine; name another port, or 0 for any"
        ) from error
    if address.startswith(UNIX):
        return address
    return f"{split_address(address)[0]}:{port}"
