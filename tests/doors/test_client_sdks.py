"""The SDKs of others on the server of our clients, embedded and remote."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xai_sdk.chat import user

from grok_tree import AsyncClient, Client
from grok_tree.errors import ExtraMissing, InvalidOperationError
from grok_tree.testing import running_server

pytestmark = pytest.mark.anyio

MODEL = "scripted/echo"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("sdks") / "forests.db", api_key="key") as server:
        yield server.address


@pytest.fixture(params=["embedded", "remote"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Where a client finds its server."""
    if request.param == "embedded":
        return {"database": tmp_path / "forests.db", "model": MODEL}
    return {"api_host": request.getfixturevalue("address"), "api_key": "key"}


def said(client: Client) -> list[str]:
    """Return what the newest conversation consists of."""
    newest = next(client.grok.iter_conversations())
    newest.load()
    return [response.message for response in newest.forest.responses]


def test_chats_of_the_official_sdk_run_on_our_server(where: dict[str, Any]) -> None:
    with Client(**where) as client:
        chat = client.chat.create(model=MODEL, messages=[user("hello sdk")])
        assert chat.sample().content == "echo: hello sdk"
        assert said(client) == ["hello sdk", "echo: hello sdk"]


async def test_so_they_do_in_an_event_loop(where: dict[str, Any]) -> None:
    async with AsyncClient(**where) as client:
        chat = client.chat.create(model=MODEL, messages=[user("hello again")])
        pieces = [chunk.content async for _, chunk in chat.stream()]
        assert "".join(pieces) == "echo: hello again"
        assert client.chat is client.chat


def test_the_client_of_openai_runs_on_our_server(where: dict[str, Any]) -> None:
    with Client(**where) as client:
        answer = client.compat.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "hello there"}]
        )
        assert answer.choices[0].message.content == "echo: hello there"
        assert said(client) == ["hello there", "echo: hello there"]


async def test_so_it_does_in_an_event_loop(where: dict[str, Any]) -> None:
    async with AsyncClient(**where) as client:
        patient = client.compat.with_options(timeout=30)
        answer = await patient.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "hello"}]
        )
        assert answer.choices[0].message.content == "echo: hello"


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    where: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Client(**where) as client:
        assert client.chat.create(model=MODEL, messages=[user("x")]).sample().content == "echo: x"
        answer = client.compat.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "y"}]
        )
        assert answer.choices[0].message.content == "echo: y"


def test_a_closed_client_has_no_chats(address: str) -> None:
    with Client(address, api_key="key") as client:
        compat = client.compat
        assert not compat.is_closed()
    assert compat.is_closed()
    for part in ("chat", "compat"):
        with pytest.raises(InvalidOperationError, match="closed"):
            getattr(client, part)


@pytest.mark.parametrize(
    ("part", "package", "hint"),
    [("chat", "xai_sdk", r"grok-tree\[xai\]"), ("compat", "openai", "install openai")],
)
def test_what_is_missing_is_named(
    address: str, monkeypatch: pytest.MonkeyPatch, part: str, package: str, hint: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with Client(address, api_key="key") as client, pytest.raises(ExtraMissing, match=hint):
        getattr(client, part)
