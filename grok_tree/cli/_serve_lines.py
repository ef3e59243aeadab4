"""For each door of a server the one line that a client needs."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from grok_tree.server import RunningServer

KEY_VARIABLE = "GROK_TREE_API_KEY"

_EVERYWHERE = ("0.0.0.0", "::")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def client_lines(server: RunningServer, http_url: str, *, has_key: bool) -> dict[str, str]:
    """Return what makes each kind of client talk to a server, by door.

    The server's key is not in it, only where it is.

    Args:
        server: A server that listens on TCP.
        http_url: Of its HTTP door.
        has_key: Whether callers must bring the server's key; else SDKs want any.
    """
    host, _, port = server.address.rpartition(":")
    near = host.strip("[]") in _LOOPBACK
    if host.strip("[]") in _EVERYWHERE:
        host = socket.gethostname()
        http_url = f"http://{host}:{urlsplit(http_url).port}"
    key = f'os.environ["{KEY_VARIABLE}"]' if has_key else '"any-text"'
    variable = f"${KEY_VARIABLE}" if has_key else "any-text"
    # The SDKs speak without TLS to hosts that are spelled like this.
    sdk_host = f'api_host="{"localhost" if near else host}:{port}"'
    lines = {
        "native": f'Client("{"" if near else "insecure://"}{host}:{port}")',
        "original": f"xai_sdk.Client({key}, {sdk_host})",
        "xai": f"xai_sdk.Client({key}, {sdk_host}{'' if near else ', use_insecure_channel=True'})",
        "openai": f"OPENAI_BASE_URL={http_url}/v1 OPENAI_API_KEY={variable}",
        "shares": f"{http_url}/s/...",
    }
    return {door: line for door, line in lines.items() if door in server.doors}
