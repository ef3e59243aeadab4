"""Is anybody at an address? Asked in a moment, where a call would try again and again."""

from __future__ import annotations

import urllib.request

import anyio
import anyio.abc

from grok_tree.client._channel import INSECURE

KNOCK_S = 2.0
"""How long a connection may take."""


async def may_answer(address: str) -> bool:
    """Return False if certainly nobody listens there.

    Args:
        address: ``host:port`` or ``unix:PATH``, maybe with ``insecure://`` before it.
    """
    target = address.removeprefix(INSECURE)
    path = target.removeprefix("unix:")
    host, _, port = target.rpartition(":")
    try:
        with anyio.fail_after(KNOCK_S):
            if path != target:
                stream: anyio.abc.ByteStream = await anyio.connect_unix(path)
            elif host and port.isdigit() and not _is_behind_a_proxy():
                stream = await anyio.connect_tcp(host.strip("[]"), int(port))
            else:
                return True
            await stream.aclose()
    except (OSError, TimeoutError):
        return False
    return True


def _is_behind_a_proxy() -> bool:
    return bool(urllib.request.getproxies())
