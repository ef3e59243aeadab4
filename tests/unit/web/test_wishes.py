"""What a base URL may say beside where the server is."""

from __future__ import annotations

import httpx
import pytest

from grok_tree.web._asgi import Receive, Scope, Send
from grok_tree.web._fence import Rules, fenced
from grok_tree.web._wishes import path_with

pytestmark = pytest.mark.anyio


async def seen(path: str, **headers: str) -> tuple[str, dict[str, str]]:
    """Return the path and the headers of ours with which an application is asked."""
    scopes: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(fenced(app, Rules()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        await http.get(path, headers=headers)
    ours = b"x-grok-tree-"
    found = [pair for pair in scopes[0]["headers"] if pair[0].startswith(ours)]
    named = {name.removeprefix(ours).decode(): value.decode() for name, value in found}
    return scopes[0]["path"], named


async def test_wishes_become_headers() -> None:
    base = path_with({"conversation": "two wörds/1", "model": "local/m", "record": ""}.items())
    path, headers = await seen(f"{base}/v1/chat/completions")
    assert path == "/v1/chat/completions"
    assert headers == {"conversation": "two wörds/1", "model": "local/m"}


async def test_what_a_request_says_itself_counts() -> None:
    base = path_with([("model", "a/b"), ("record", "off")])
    _, headers = await seen(f"{base}/v1/x", **{"x-grok-tree-model": "c/d"})
    assert headers == {"model": "c/d", "record": "off"}


async def test_names_of_models_may_stand_as_they_are() -> None:
    path, headers = await seen("/with/model=local/m%3D1/conversation=c/v1/x/v1/y")
    assert (path, headers) == ("/v1/x/v1/y", {"model": "local/m=1", "conversation": "c"})


@pytest.mark.parametrize(
    "path",
    [
        *("/with/key=x/v1/y", "/with/v1=/x", "/without/model=x/v1/y", "/with/x/model=y/v1/z"),
        *("/with/model=x", "/with/v1/x", "/with//v1/x"),
    ],
)
async def test_other_wishes_lead_nowhere(path: str) -> None:
    assert await seen(path) == (path, {})


def test_no_wishes_need_no_path() -> None:
    assert path_with([("model", "")]) == ""
