"""The fence of the HTTP port: names, origins, sizes."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest

from grok_tree.web._asgi import App, Receive, Scope, Send
from grok_tree.web._fence import ANY, Rules, fenced, hosts_to_answer
from grok_tree.web._lent_key import LentKey, LentKeys, lent_for
from grok_tree.web._serving import http_server
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

LAB = "https://lab.example"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what came."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    seen = dict(scope["headers"]).get(b"authorization", b"")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-seen", seen)]})
    await send({"type": "http.response.body", "body": body})


async def stubborn(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer whatever happens, as frameworks do."""
    try:
        await echo(scope, receive, send)
    except Exception:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"oh"})
        raise


def client(app: App = echo, *, base_url: str = "http://localhost:8734") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url)


async def ask(
    rules: Rules, method: str = "POST", path: str = "/v1/x", *, app: App = echo, **options: Any
) -> httpx.Response:
    async with client(fenced(app, rules)) as http:
        return await http.request(method, path, **options)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:1", "[::1]:8734", "LOCALHOST:8734", "lab.example"]
)
async def test_names_of_ones_own_are_answered(host: str) -> None:
    rules = Rules(hosts_to_answer("127.0.0.1", ["Lab.example"], has_key=False))
    assert (await ask(rules, headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "[::2]", "", "127.0.0.1@evil", "[", "*"]
)
async def test_other_names_are_not_answered(host: str) -> None:
    answer = await ask(Rules(), headers={"host": host})
    assert answer.status_code == 400
    assert "--allow-host" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("listening", "named", "has_key", "answered", "refused"),
    [
        ("0.0.0.0", [], True, "any.example", None),
        ("0.0.0.0", ["lab.example"], True, "lab.example", "any.example"),
        ("0.0.0.0", [], False, "localhost", "any.example"),
        ("192.0.2.7", [], True, "192.0.2.7", "any.example"),
        ("::1", [], False, "::1", "any.example"),
    ],
)
def test_beyond_this_machine_a_key_or_names_decide(
    listening: str, named: list[str], has_key: bool, answered: str, refused: str | None
) -> None:
    hosts = hosts_to_answer(listening, named, has_key=has_key)
    assert answered in hosts or ANY in hosts
    assert refused is None or not {refused, ANY} & hosts


async def test_programs_and_pages_of_ones_own_may_ask() -> None:
    for origin in ({}, {"origin": "http://localhost:8734"}, {"origin": "https://localhost:8734"}):
        answer = await ask(Rules(), headers=origin)
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", [LAB, "null", "http://localhost:1", "http://localhost", "x"])
async def test_foreign_pages_are_refused(origin: str) -> None:
    answer = await ask(Rules(), headers={"origin": origin})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_allowed_pages_may_read_the_answers() -> None:
    answer = await ask(Rules(origins=frozenset([LAB])), headers={"origin": LAB})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, LAB)
    assert "x-grok-tree-response" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "Origin"


async def test_browsers_are_told_before_that_allowed_pages_may_ask() -> None:
    headers = {
        "origin": LAB,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    answer = await ask(Rules(origins=frozenset([LAB])), "OPTIONS", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert (await ask(Rules(), "OPTIONS", headers=headers)).status_code == 403


async def pieces(n: int) -> AsyncIterator[bytes]:
    for _ in range(n):
        yield b"12345"


@pytest.mark.parametrize("app", [echo, stubborn])
async def test_a_body_that_grows_too_large_is_refused(app: App) -> None:
    rules = Rules(most_body_bytes=20)
    assert (await ask(rules, app=app, content=pieces(4))).text == "12345" * 4
    answer = await ask(rules, app=app, content=pieces(5))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError

    answer = await ask(Rules(most_body_bytes=4), app=never, content=b"12345")
    assert answer.status_code == 413


async def test_pages_are_refused_in_words() -> None:
    answer = await ask(Rules(), "GET", "/s/1", headers={"origin": LAB})
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_lent_key_is_taken_for_the_one_it_stands_for() -> None:
    lent = lent_for("swordfish")
    async with client(LentKeys(echo, lent)) as http:
        for key in (lent.key, "swordfish"):
            answer = await http.get("/v1/x", headers={"authorization": f"Bearer {key}"})
            assert answer.headers["x-seen"] == "Bearer swordfish"
        assert (await http.get("/v1/x", headers={"authorization": "x"})).headers["x-seen"] == "x"
    assert "swordfish" not in lent.key + repr(lent)
    assert lent.key == lent_for("swordfish").key != lent_for("swordfisk").key


async def test_where_only_a_lent_key_lets_in_it_goes_no_further() -> None:
    app = LentKeys(echo, LentKey("mine", "me", only=True))
    async with client(app) as http:
        right = await http.get("/v1/x", headers={"authorization": "Bearer mine"})
        assert (right.status_code, right.headers["x-seen"]) == (200, "Bearer me")
        for wrong in (b"", b"Bearer yours", b"Bearer \xfc"):
            refused = await http.get("/v1/x", headers={b"authorization": wrong})
            assert refused.status_code == 401
            assert refused.json()["error"]["code"] == "invalid_api_key"
        assert (await http.get("/s/1")).status_code == 200


@pytest.fixture
def port() -> Iterator[int]:
    """A real server on a port, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = http_server(fenced(echo, Rules(most_body_bytes=1_000)))
        thread = threading.Thread(
            target=lambda: anyio.run(lambda: server.serve(sockets=[listener]))
        )
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def raw(port: int, *sent: bytes) -> bytes:
    """Send bytes and return all that comes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        answer = b""
        try:
            for piece in sent:
                connection.sendall(piece)
            while piece := connection.recv(65536):
                answer += piece
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has closed before it read everything
        return answer


async def test_a_head_without_end_is_cut(port: int) -> None:
    line = b"x-more: " + b"y" * 8_000 + b"\r\n"
    raw(port, b"GET / HTTP/1.1\r\nhost: localhost\r\n", *[line] * 1_000)
    raw(port, b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ", *[b"y" * 65_536] * 100)
    closing = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    assert raw(port, closing).startswith(b"HTTP/1.1 200")


async def test_the_rest_of_what_is_too_large_is_not_waited_for(port: int) -> None:
    head = b"POST /v1/x HTTP/1.1\r\nhost: localhost\r\n"
    announced = raw(port, head + b"content-length: 999999999\r\n\r\n")
    assert announced.startswith(b"HTTP/1.1 413")
    chunk = b"1f4\r\n" + b"z" * 500 + b"\r\n"
    streamed = raw(port, head + b"transfer-encoding: chunked\r\n\r\n", chunk, chunk, chunk)
    assert streamed.startswith(b"HTTP/1.1 413")
