"""Messages that nobody should send, to every call that the door for xai-sdk serves."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from xai_sdk.proto import chat_pb2, embed_pb2, sample_pb2, tokenize_pb2

from grok_tree.server.xai._handlers import METHODS
from grok_tree.server.xai._schema import load_schema
from tests.doors._xai_server import XaiDoor, xai_door
from tests.faults._hostile import Hostility

DOCUMENTED = {
    "OK",
    "ABORTED",
    "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
    "UNIMPLEMENTED",
}
ASKED = chat_pb2.GetCompletionsRequest(
    model="played/it",
    messages=[
        chat_pb2.Message(role=chat_pb2.ROLE_SYSTEM, content=[chat_pb2.Content(text="Be brief.")]),
        chat_pb2.Message(role=chat_pb2.ROLE_USER, content=[chat_pb2.Content(text="hello")]),
    ],
    tools=[chat_pb2.Tool(function={"name": "f", "parameters": "{}"})],
)
RIGHT: dict[str, Any] = {
    "/xai_api.Chat/GetCompletion": ASKED,
    "/xai_api.Chat/GetCompletionChunk": ASKED,
    "/xai_api.Chat/StartDeferredCompletion": ASKED,
    "/xai_api.Embedder/Embed": embed_pb2.EmbedRequest(
        model="played/vectors", input=[embed_pb2.EmbedInput(string="a")]
    ),
    "/xai_api.Sample/SampleText": sample_pb2.SampleTextRequest(model="played/it", prompt=["a"]),
    "/xai_api.Tokenize/TokenizeText": tokenize_pb2.TokenizeTextRequest(model="played/it", text="a"),
}
"""Requests that are answered."""

UNENDING_S = 1.0
"""Some of the scripted models never end."""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XaiDoor]:
    with xai_door(tmp_path_factory.mktemp("door")) as running:
        yield running


@pytest.fixture(scope="module")
def channel(door: XaiDoor) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(door.server.address) as opened:
        yield opened


def path_and_method() -> list[tuple[str, MethodDescriptor]]:
    services = load_schema().services
    return [
        (f"/xai_api.{name}/{method.name}", method)
        for name in METHODS
        for method in services[name].methods
    ]


def status_of(channel: grpc.Channel, path: str, method: MethodDescriptor, data: bytes) -> str:
    """Return how a call ends; where it takes a stream, it gets the same twice."""
    kind = f"{'stream' if method.client_streaming else 'unary'}_"
    call: Any = getattr(channel, kind + ("stream" if method.server_streaming else "unary"))(path)
    try:
        answer = call(iter([data, data]) if method.client_streaming else data, timeout=UNENDING_S)
        if method.server_streaming:
            list(answer)
    except grpc.RpcError as caught:
        error: Any = caught
        name: str = error.code().name
        return name
    return "OK"


def almost_right(hostility: Hostility, randomness: random.Random, path: str) -> Message:
    """Return a message that is right but for one field, which may be deep inside."""
    right: Message = type(RIGHT[path])()
    right.CopyFrom(RIGHT[path])
    _spoil(right, hostility, randomness)
    return right


def _spoil(message: Any, hostility: Hostility, randomness: random.Random) -> None:
    wrong = hostility.message(message.DESCRIPTOR).ListFields()
    if not wrong:
        return
    field, value = randomness.choice(wrong)
    inner = getattr(message, field.name)
    if field.message_type is not None and hasattr(inner, "add"):
        _spoil(
            inner[0] if inner and randomness.random() < 0.7 else inner.add(), hostility, randomness
        )
    else:
        message.ClearField(field.name)
        message.MergeFrom(type(message)(**{field.name: value}))


def damaged(
    hostility: Hostility, randomness: random.Random, path: str, method: Any
) -> Iterator[bytes]:
    """Yield what may come for one call: anything, what was a message, and what is almost right."""
    yield hostility.message(method.input_type).SerializeToString()
    yield hostility.request(method.input_type)
    if path in RIGHT:
        for _ in range(4):
            yield almost_right(hostility, randomness, path).SerializeToString()


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32))
def test_no_message_is_a_mistake_of_the_server(channel: grpc.Channel, seed: int) -> None:
    randomness = random.Random(seed)
    hostility = Hostility(randomness)
    for path, method in path_and_method():
        for data in damaged(hostility, randomness, path, method):
            assert status_of(channel, path, method, data) in DOCUMENTED, (path, data)


def test_what_is_almost_right_reaches_the_models(door: XaiDoor, channel: grpc.Channel) -> None:
    randomness, came = random.Random(7), Counter[str]()
    hostility = Hostility(randomness)
    methods = dict(path_and_method())
    path = "/xai_api.Chat/GetCompletionChunk"
    for _ in range(100):
        data = almost_right(hostility, randomness, path).SerializeToString()
        came[status_of(channel, path, methods[path], data)] += 1
    assert set(came) <= DOCUMENTED
    assert min(came["OK"], came["INVALID_ARGUMENT"]) > 10
    assert len(door.model.prompts) > 10


def test_the_server_answers_afterwards(channel: grpc.Channel) -> None:
    call: Any = channel.unary_unary("/xai_api.Models/ListLanguageModels")
    assert call(b"")
