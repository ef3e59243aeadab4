"""What stands at the doors: keys, unreadable requests, addresses, health, shares."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from grok_tree.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConversationNotFound,
    GrokTreeError,
    PortTaken,
)
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.server import EmbeddedServer, ServerSettings, running_server
from grok_tree.web import LentKey, WebDoor
from grok_tree.wire import ForestsStub, error_from_call, pb
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


def settings(folder: Path, **options: Any) -> ServerSettings:
    return ServerSettings(
        database=folder / "forests.db",
        model="scripted/echo",
        samplers=lambda: SamplerRegistry([ScriptedSampler()]),
        http=WebDoor,
        **options,
    )


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    async with (
        running_server(settings(tmp_path)) as server,
        grpc.aio.insecure_channel(server.address) as opened,
    ):
        yield opened


def stub_of(channel: grpc.aio.Channel) -> Any:
    """Return the calls of the schema; their types speak of blocking channels only."""
    return ForestsStub(channel)


async def error_of(call: Any) -> GrokTreeError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = caught.value
    trailers = tuple(error.trailing_metadata() or ())
    return error_from_call(error.code().name, error.details() or "", trailers, address="here")


async def test_an_error_comes_back_as_the_class_that_was_raised(channel: grpc.aio.Channel) -> None:
    request = pb.GetConversationRequest(conversation_id="01a1fcc1-234b-73cb-95a0-19cc1d1fc08c")
    error = await error_of(stub_of(channel).GetConversation(request))
    assert type(error) is ConversationNotFound
    assert error.conversation_id == request.conversation_id
    assert error.grpc_status == "NOT_FOUND"


async def test_unreadable_bytes_are_a_bad_request(channel: grpc.aio.Channel) -> None:
    call: Any = channel.unary_unary("/grok_tree.wire.v1.Forests/GetConversation")
    assert (await error_of(call(b"\xff\xff\xff"))).grpc_status == "INVALID_ARGUMENT"


async def test_unreadable_bytes_in_a_stream_of_requests_are_no_mistake_of_the_server(
    channel: grpc.aio.Channel,
) -> None:
    call: Any = channel.stream_unary("/grok_tree.wire.v1.Forests/UploadText")
    error = await error_of(call(iter([b"\xff\xff\xff"])))
    assert error.grpc_status in ("INVALID_ARGUMENT", "UNIMPLEMENTED")


async def test_a_time_that_is_none_is_a_bad_request(channel: grpc.aio.Channel) -> None:
    calls = stub_of(channel)
    made = await calls.CreateConversation(pb.CreateConversationRequest(request_id="create"))
    draft = pb.ResponseDraft(sender="human", message="hello")
    draft.create_time.seconds = 2**62
    request = pb.AddResponsesRequest(
        request_id="add", conversation_id=made.conversation_id, drafts=[draft]
    )
    assert (await error_of(calls.AddResponses(request))).grpc_status == "INVALID_ARGUMENT"


async def test_a_reader_may_claim_any_revision(channel: grpc.aio.Channel) -> None:
    calls = stub_of(channel)
    made = await calls.CreateConversation(pb.CreateConversationRequest(request_id="create"))
    request = pb.ListChangesRequest(conversation_id=made.conversation_id, since_revision=2**64 - 1)
    (page,) = [page async for page in calls.ListChanges(request)]
    assert page.last


async def test_a_mistake_of_the_server_gives_nothing_away(
    channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_self: object) -> None:
        raise RuntimeError("the secret is swordfish")

    monkeypatch.setattr("grok_tree.service.Forests.who_am_i", broken)
    error = await error_of(stub_of(channel).WhoAmI(pb.WhoAmIRequest()))
    assert error.grpc_status == "INTERNAL"
    assert "swordfish" not in error.message
    assert "swordfish" in caplog.text
    assert error.message.split()[-1] in caplog.text


async def test_the_health_service_answers(channel: grpc.aio.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    reply = await health.Check(health_pb2.HealthCheckRequest(service="grok_tree.wire.v1.Forests"))
    assert reply.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize(
    ("metadata", "word"),
    [((), "missing"), ((("authorization", "Bearer wrong"),), "wrong")],
    ids=["none", "wrong"],
)
async def test_a_call_without_the_key_is_refused(
    tmp_path: Path, metadata: tuple[tuple[str, str], ...], word: str
) -> None:
    async with (
        running_server(settings(tmp_path, api_key="right")) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        stub = stub_of(channel)
        error = await error_of(stub.WhoAmI(pb.WhoAmIRequest(), metadata=metadata))
        assert isinstance(error, AuthenticationFailed)
        assert word in error.message
        key = (("authorization", "Bearer right"),)
        assert (await stub.WhoAmI(pb.WhoAmIRequest(), metadata=key)).user


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(PortTaken, match=address):
            async with running_server(settings(tmp_path, address=address)):
                pass


async def test_other_machines_are_let_in_only_with_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="GROK_TREE_API_KEY"):
        async with running_server(settings(tmp_path, address="0.0.0.0:0")):
            pass


def read(url: str, host: str | None = None) -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return reply.status, reply.read().decode(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


async def shared_url(stub: Any) -> tuple[str, str]:
    created = await stub.CreateConversation(pb.CreateConversationRequest(request_id="1"))
    answers = []
    request = pb.SampleRequest(
        request_id="2", conversation_id=created.conversation_id, message="hello page"
    )
    async for message in stub.Sample(request):
        answers += [ended.response.response_id for ended in message.ended]
    share = await stub.Share(pb.ShareRequest(request_id="3", response_id=answers[0]))
    return share.url, answers[0]


async def test_a_share_is_readable_until_it_is_taken_back(channel: grpc.aio.Channel) -> None:
    stub = stub_of(channel)
    url, response_id = await shared_url(stub)
    status, page, headers = await anyio.to_thread.run_sync(read, url)
    assert (status, "echo: hello page" in page) == (200, True)
    assert "default-src 'none'" in headers["content-security-policy"]
    await stub.Unshare(pb.UnshareRequest(request_id="4", response_id=response_id))
    status, page, _ = await anyio.to_thread.run_sync(read, url)
    assert (status, "hello" in page) == (404, False)


async def test_a_foreign_host_name_is_not_answered(channel: grpc.aio.Channel) -> None:
    url, _ = await shared_url(stub_of(channel))
    status, _, _ = await anyio.to_thread.run_sync(read, url, "evil.example")
    assert status == 400


async def test_an_unknown_share_looks_like_one_that_was_taken_back(
    channel: grpc.aio.Channel,
) -> None:
    url, _ = await shared_url(stub_of(channel))
    base = url.rsplit("/", 1)[0]
    unknown = await anyio.to_thread.run_sync(read, f"{base}/nothing")
    nowhere = await anyio.to_thread.run_sync(read, f"{base}/../elsewhere")
    assert unknown[:2] == nowhere[:2]
    assert unknown[0] == 404


async def test_the_doors_of_a_server_are_opened_and_named(tmp_path: Path) -> None:
    http = partial(WebDoor, lent=LentKey("swordfish", "me", only=True))
    async with (
        running_server(replace(settings(tmp_path), http=http)) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        found = await stub_of(channel).OpenDoors(pb.OpenDoorsRequest())
        assert (found.grpc_address, found.http_key) == (server.address, "swordfish")
        assert {"native", "openai", "original", "shares", "xai"} == set(found.doors)
        health = await anyio.to_thread.run_sync(read, f"{found.http_url}/healthz")
        assert health[:2] == (200, "ok\n")
        api = await anyio.to_thread.run_sync(read, f"{found.http_url}/v1/models")
        assert api[0] == 401


async def test_a_lent_key_does_not_open_the_native_door(tmp_path: Path) -> None:
    http = partial(WebDoor, api_key="swordfish")
    async with (
        running_server(replace(settings(tmp_path), http=http, api_key="swordfish")) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        ours = (("authorization", "Bearer swordfish"),)
        found = await stub_of(channel).OpenDoors(pb.OpenDoorsRequest(), metadata=ours)
        lent = (("authorization", f"Bearer {found.http_key}"),)
        with pytest.raises(grpc.aio.AioRpcError, match="the server's key is wrong"):
            await stub_of(channel).OpenDoors(pb.OpenDoorsRequest(), metadata=lent)


def test_an_embedded_server_starts_and_stops_in_the_background(tmp_path: Path) -> None:
    server = EmbeddedServer(settings(tmp_path))
    server.start()
    path = Path(server.address.removeprefix("unix:"))
    assert path.is_socket()
    assert path.parent.stat().st_mode & 0o077 == 0
    server.stop()
    server.stop()
    assert not path.parent.exists()
