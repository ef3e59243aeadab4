"""The door for xai-sdk costs nothing until somebody comes through it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import anyio
import grpc
import pytest

from grok_tree.forest import SamplerEvent, Settings
from grok_tree.samplers import Prompt
from grok_tree.server.xai import _schema, preload
from tests.doors._xai_server import XaiModels, xai_door

IMPORTED = "print('xai_sdk' in sys.modules)"
SERVER = f"""
import sys, tempfile
import grok_tree, grok_tree.server, grok_tree.client
{IMPORTED}
import grpc
from grok_tree.testing import running_server
with tempfile.TemporaryDirectory() as folder, running_server(folder + "/forests.db") as server:
    {IMPORTED}
    with grpc.insecure_channel(server.address) as channel:
        channel.unary_unary("/xai_api.Models/ListLanguageModels")(b"")
    {IMPORTED}
"""


def test_the_schema_is_imported_by_the_first_call() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVER], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False", "True"]


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, _schema.PACKAGE, None)
    _schema.has_xai_sdk.cache_clear()
    yield
    _schema.has_xai_sdk.cache_clear()


@pytest.mark.usefixtures("without_package")
def test_without_the_package_the_services_are_not_there(tmp_path: Path) -> None:
    with xai_door(tmp_path) as door, grpc.insecure_channel(door.server.address) as channel:
        call: Any = channel.unary_unary("/xai_api.Models/ListLanguageModels")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"")
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_package_that_does_not_fit_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "xai_sdk.proto", None)
    _schema.load_schema.cache_clear()
    with xai_door(tmp_path) as door, grpc.insecure_channel(door.server.address) as channel:
        call: Any = channel.unary_unary("/xai_api.Models/ListLanguageModels")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"")
    error: Any = caught.value
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert 'pip install --upgrade "grok-tree[xai]"' in error.details()
    anyio.run(preload, 0.0)
    assert "grok-tree[xai]" in caplog.text


class Quiet(XaiModels):
    """Says nothing for so long that gRPC's defaults would cut the call."""

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        await anyio.sleep(200)
        async for event in super().sample(model, prompt, settings, n):
            yield event


PATIENT = """
import asyncio, sys, threading, xai_sdk
from xai_sdk.chat import user

def asked(client):
    return client.chat.create(model="played/it", messages=[user("hello")]).sample()

async def ask():
    print((await asked(xai_sdk.AsyncClient(api_key="key", api_host=sys.argv[1]))).content)

client = xai_sdk.Client(api_key="key", api_host=sys.argv[1])
thread = threading.Thread(target=lambda: print(asked(client).content))
thread.start()
asyncio.run(ask())
thread.join()
"""


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_call_that_is_quiet_for_200_s_is_neither_cut_nor_repeated(tmp_path: Path) -> None:
    model = Quiet()
    with xai_door(tmp_path, model) as door:
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", PATIENT, door.host], capture_output=True, text=True, check=True
        )
        took_s = time.monotonic() - begun
    assert done.stdout.splitlines() == ["you said: hello", "you said: hello"]
    assert len(model.prompts) == 2
    assert took_s > 200
