"""Listening on a port, with an error that says what to do."""

from __future__ import annotations

import errno
import socket

from grok_tree.errors import ConfigurationError, PortTaken

_BACKLOG = 128


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; from now on connections wait until somebody serves them.

    Raises:
        PortTaken: Somebody listens there.
        ConfigurationError: The host is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once rather than gathering them.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _explained(host, port, error) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL under which a listening socket can be asked."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _explained(host: str, port: int, error: OSError) -> ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(
            f"port {port} on {host} is taken by another program; name another port, or 0 for any",
            port=port,
        )
    return ConfigurationError(f"cannot listen on {host} port {port}: {error.strerror}")
