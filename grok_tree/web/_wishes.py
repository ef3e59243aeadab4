"""What a client wishes of its recording, where it can set nothing but a base URL.

``/with/conversation=NAME/model=MODEL/v1/...`` is ``/v1/...`` with the headers
``x-grok-tree-conversation`` and ``x-grok-tree-model``; those that a request brings itself count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote_to_bytes

from grok_tree.web._asgi import App, Receive, Scope, Send

WISHES = frozenset(("conversation", "model", "parent", "record"))
_BEGIN = b"/with/"
_API = b"/v1/"


class Wishes:
    """Turns wishes in a path into headers."""

    def __init__(self, app: App) -> None:
        """Stand before an application.

        Args:
            app: Is asked without wishes in the path.
        """
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        raw = bytes(scope.get("raw_path") or scope["path"].encode())
        if raw.startswith(_BEGIN):
            scope = _granted(scope, raw)
        await self._app(scope, receive, send)


def path_with(wishes: Iterable[tuple[str, str]]) -> str:
    """Return the path that stands before ``/v1`` for some wishes, each a name and a value."""
    said = "/".join(f"{name}={quote(value, safe='')}" for name, value in wishes if value)
    return f"/with/{said}" if said else ""


def _granted(scope: Scope, raw: bytes) -> Scope:
    said, api, rest = raw.removeprefix(_BEGIN).partition(_API)
    wishes = _read(said.split(b"/"))
    if not api or not wishes.keys() <= WISHES:
        return scope  # leads nowhere
    brought = {name for name, _ in scope["headers"]}
    wished = [(b"x-grok-tree-" + name.encode(), value) for name, value in wishes.items()]
    headers = [*scope["headers"], *(pair for pair in wished if pair[0] not in brought)]
    path = api + rest
    plain = unquote_to_bytes(path).decode("utf-8", "replace")
    return {**scope, "raw_path": path, "path": plain, "headers": headers}


def _read(segments: Sequence[bytes]) -> dict[str, bytes]:
    """Return the wishes in the segments of a path; what has no name belongs to the one before."""
    found: dict[str, bytes] = {}
    name = ""
    for segment in segments:
        said, equals, value = segment.partition(b"=")
        if equals:
            name = said.decode("latin-1")
            found[name] = unquote_to_bytes(value)
        else:
            found[name] = found.get(name, b"") + b"/" + unquote_to_bytes(segment)
    return found
