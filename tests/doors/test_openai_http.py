"""The OpenAI door over plain HTTP: keys, headers, repeats, clients that leave, slow readers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from grok_tree.samplers import ScriptedSampler
from tests.doors._openai_served import Served, TalkingSampler, play, served
from tests.patience import PATIENCE_S

CHAT = "/chat/completions"


class Gate:
    """Lets words of the models ``slow`` and ``varied`` out when a test says so, and counts them."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = threading.Event()
        self.said: list[tuple[str, int, int]] = []

    async def __call__(self, model: str, index: int, number: int) -> None:
        self.said.append((model, index, number))
        self.begun.set()
        if model in ("slow", "varied") and number > 1:
            await anyio.to_thread.run_sync(self.open.wait, abandon_on_cancel=True)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, gate: Gate) -> Iterator[Served]:
    samplers = [ScriptedSampler(gate=gate), TalkingSampler(play)]
    with served(tmp_path_factory.mktemp("http"), samplers=samplers) as running:
        yield running
        gate.open.set()


@pytest.fixture(autouse=True)
def _closed_gate(gate: Gate) -> None:
    gate.open.clear()
    gate.begun.clear()
    gate.said.clear()


@pytest.fixture
def http(server: Served) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def asking(text: str, model: str = "scripted/echo", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def error_of(answer: httpx.Response) -> dict[str, Any]:
    error = answer.json()["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    found: dict[str, Any] = error
    return found


def conversation_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.headers["x-grok-tree-conversation"]


def test_each_key_has_conversations_of_its_own(http: httpx.Client) -> None:
    found = [
        conversation_of(http.post(CHAT, json=asking("whose?"), headers=headers))
        for headers in ({}, {"authorization": "Bearer a"}, {"authorization": "bearer b"}, {})
    ]
    assert found[0] == found[3]
    assert len(set(found)) == 3


def test_another_method_is_refused_with_those_there_are(http: httpx.Client) -> None:
    answer = http.get(CHAT)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert error_of(answer)["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/responses/a/b/c", "/chat"])
def test_where_nothing_is_the_error_says_so(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "not_found"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"\\ud800"', b"[" * 50_000])
def test_what_is_not_a_body_of_the_route_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post(CHAT, content=body)
    assert answer.status_code == 400
    assert error_of(answer)["type"] == "invalid_request_error"


def test_an_answer_says_where_it_is_kept(server: Served, http: httpx.Client) -> None:
    answer = http.post(CHAT, json=asking("where?", n=2))
    ids = answer.headers["x-grok-tree-response"].split(",")
    assert [server.response(one).message for one in ids] == ["echo: where?"] * 2
    assert answer.json()["id"] == f"chatcmpl-{ids[0]}"


def test_a_stream_says_where_it_is_kept_before_the_second_word(
    http: httpx.Client, gate: Gate
) -> None:
    body = asking("a b", "scripted/slow", stream=True)
    with http.stream("POST", CHAT, json=body) as answer:
        assert answer.headers["x-grok-tree-response"]
        assert len(gate.said) <= 2
        gate.open.set()
        assert "".join(deltas(answer)) == "echo: a b"


def deltas(answer: httpx.Response) -> Iterator[str]:
    for line in answer.iter_lines():
        if line.startswith("data: {"):
            chunk = json.loads(line.removeprefix("data: "))
            for choice in chunk["choices"]:
                yield choice["delta"].get("content") or ""


@pytest.mark.parametrize("prefix", ["", "chatcmpl-", "resp_", "msg_", "grok-tree:"])
def test_a_parent_can_be_named_by_any_id_of_it(
    server: Served, http: httpx.Client, prefix: str
) -> None:
    first = http.post(CHAT, json=asking("parent?")).headers["x-grok-tree-response"]
    named = {"x-grok-tree-parent": prefix + first}
    second = http.post(CHAT, json=asking("child"), headers=named)
    question = server.response(second.headers["x-grok-tree-response"]).parent_response_id
    assert question is not None
    assert server.response(question).parent_response_id == first


def test_a_group_keeps_together_what_has_no_common_beginning(
    server: Served, http: httpx.Client
) -> None:
    group = {"x-grok-tree-conversation": "Studie ä".encode()}
    headers: Any = {name.encode(): value for name, value in group.items()}
    found = {conversation_of(http.post(CHAT, json=asking(text), headers=headers)) for text in "xy"}
    assert len(found) == 1
    conversation = server.run(server.forests.get_conversation, found.pop())
    assert conversation.title == "Studie ä"


@pytest.mark.parametrize("path", [CHAT, "/responses"])
def test_recording_can_be_off(server: Served, http: httpx.Client, path: str) -> None:
    before = server.conversations()
    body = asking("secret") if path == CHAT else {"model": "scripted/echo", "input": "secret"}
    answer = http.post(path, json=body, headers={"x-grok-tree-record": "off"})
    assert "echo: secret" in answer.text
    assert "x-grok-tree-response" not in answer.headers
    assert "encrypted_content" not in answer.text
    assert server.conversations() == before


def test_an_unknown_word_for_recording_is_refused(http: httpx.Client) -> None:
    answer = http.post(CHAT, json=asking("x"), headers={"x-grok-tree-record": "maybe"})
    assert (answer.status_code, error_of(answer)["param"]) == (400, "x-grok-tree-record")


def test_words_of_the_client_are_in_the_origin(server: Served, http: httpx.Client) -> None:
    body = asking("provenance", metadata={"study": "one"}, user="u1")
    answer = http.post(CHAT, json=body, headers={"user-agent": "script/2"})
    origin = server.response(answer.headers["x-grok-tree-response"]).origin
    assert (origin.kind, origin.door, origin.client) == ("recorded", "openai/chat", "script/2")
    assert origin.provenance["metadata"] == '{"study":"one"}'
    assert origin.provenance["user"] == "u1"


def test_a_request_with_the_same_key_of_idempotency_is_sampled_once(
    server: Served, http: httpx.Client
) -> None:
    key = {"idempotency-key": "once"}
    first, again = (http.post(CHAT, json=asking("once"), headers=key) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    other = http.post(CHAT, json=asking("once", temperature=1.0), headers=key)
    stranger = http.post(CHAT, json=asking("once"), headers={**key, "authorization": "Bearer b"})
    assert len({one.json()["id"] for one in (first, other, stranger)}) == 3
    assert len(server.forest(conversation_of(first))) == 3


def test_what_failed_is_sampled_again_when_it_is_repeated(
    server: Served, http: httpx.Client
) -> None:
    key = {"idempotency-key": "failing"}
    body = asking("fails", "scripted/fail-2")
    answers = [http.post(CHAT, json=body, headers=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [502, 502]
    (conversation,) = [
        one for one in server.conversations() if server.forest(one)[0].message == "fails"
    ]
    partial = [one for one in server.forest(conversation) if one.partial]
    assert [one.message for one in partial] == ["word1 word2"] * 2


def test_a_client_that_leaves_a_stream_stops_the_model(
    server: Served, http: httpx.Client, gate: Gate
) -> None:
    with http.stream("POST", CHAT, json=asking("leave", "scripted/slow", stream=True)) as answer:
        response_id = answer.headers["x-grok-tree-response"]
    kept = ended(server, response_id)
    assert (kept.partial, kept.finish_reason) == (True, "disconnected")
    assert not gate.open.is_set()


def ended(server: Served, response_id: str) -> Any:
    """Return a response once its sampling has ended."""

    async def wait() -> None:
        run = await server.forests.attach_sampling(response_id=response_id)
        await run.wait_ended()

    server.run(wait)
    return server.response(response_id)


def leave(server: Served, gate: Gate, body: dict[str, Any], **headers: str) -> None:
    """Ask, and leave when the model has begun, before anything was answered."""
    host, port = server.url.removeprefix("http://").removesuffix("/v1").split(":")
    data = json.dumps(body).encode()
    told = {"host": host, "content-length": str(len(data)), "x-stainless-retry-count": "0"}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**told, **headers}.items())
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"POST /v1{CHAT} HTTP/1.1\r\n{head}\r\n".encode() + data)
        assert gate.begun.wait(PATIENCE_S)


def test_an_attempt_after_a_timeout_follows_the_first(
    server: Served, http: httpx.Client, gate: Gate
) -> None:
    body = asking("too slow", "scripted/slow")
    leave(server, gate, body)
    gate.open.set()
    sent = json.dumps(body).encode()
    answer = http.post(CHAT, content=sent, headers={"x-stainless-retry-count": "1"})
    assert answer.json()["choices"][0]["message"]["content"] == "echo: too slow"
    assert len(server.forest(conversation_of(answer))) == 2


def test_a_client_that_does_not_come_back_stops_the_model(
    server: Served, http: httpx.Client, gate: Gate
) -> None:
    group = {"x-grok-tree-conversation": "gone"}
    leave(server, gate, asking("gone", "scripted/slow"), **group)
    conversation = conversation_of(http.post(CHAT, json=asking("gone"), headers=group))
    (growing,) = [one for one in server.forest(conversation) if one.partial]
    assert ended(server, growing.response_id).finish_reason == "disconnected"


def test_a_running_response_can_be_cancelled(server: Served, http: httpx.Client) -> None:
    body = {"model": "scripted/slow", "input": "stop me", "stream": True}
    with http.stream("POST", "/responses", json=body) as answer, server.client() as other:
        response_id = answer.headers["x-grok-tree-response"]
        shown = other.get(f"/responses/resp_{response_id}").json()
        cancelled = other.post(f"/responses/resp_{response_id}/cancel").json()
        answer.read()
    assert (shown["status"], cancelled["status"]) == ("in_progress", "cancelled")
    assert answer.text.count("event: response.failed") == 1
    assert server.response(response_id).partial


def test_tokens_gather_while_a_client_is_slow_to_read(http: httpx.Client) -> None:
    words = " ".join(f"word{number}" for number in range(1, 30_001))
    with http.stream("POST", CHAT, json=asking("x", "scripted/words-30000", stream=True)) as answer:
        texts = [text for text in deltas(answer) if text]
    assert "".join(texts) == words
    assert len(texts) < 30_000


def test_a_provider_that_asks_to_wait_is_passed_on(http: httpx.Client) -> None:
    answer = http.post(CHAT, json=asking("please wait", "played/it"))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


@pytest.mark.parametrize("base", ["", "/with/converstion=x/v1"])
def test_a_wrong_base_url_is_told_where_the_api_is(http: httpx.Client, base: str) -> None:
    url = http.base_url.copy_with(path=f"{base}{CHAT}")
    answer = http.post(url, json=asking("lost"))
    assert answer.status_code == 404
    message = answer.json()["error"]["message"]
    assert base in message
    assert "/with/NAME=VALUE/v1 with the names conversation, model, parent, record" in message


@pytest.mark.parametrize(("path", "name"), [(CHAT, "messages"), ("/responses", "input")])
def test_a_message_of_the_system_alone_is_answered(
    server: Served, http: httpx.Client, path: str, name: str
) -> None:
    said = [{"role": "system", "content": f"Greet {name}."}]
    answer = http.post(path, json={"model": "scripted/echo", name: said})
    assert answer.status_code == 200, answer.text
    found = server.forest(answer.headers["x-grok-tree-conversation"])
    assert [(one.sender, one.message) for one in found[:1]] == [("system", f"Greet {name}.")]


def test_a_history_of_all_kinds_of_messages_is_one_path(server: Served, http: httpx.Client) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {
            "role": "developer",
            "content": [{"type": "text", "text": "Be"}, {"type": "text", "text": "kind."}],
        },
        {"role": "system", "content": "more of the system"},
        {"role": "user", "content": "u", "name": "Ann"},
        {"role": "assistant", "content": None, "tool_calls": [call], "function_call": None},
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "t"}]},
        {"role": "assistant", "content": None, "refusal": "no"},
        {"role": "user", "content": "end"},
    ]
    answer = http.post(CHAT, json={"model": "scripted/echo", "messages": messages})
    conversation = conversation_of(answer)
    forest = server.forest(conversation)
    assert [(one.sender, one.message) for one in forest] == [
        ("system", "more of the system"),
        ("human", "u"),
        ("assistant", ""),
        ("tool", "t"),
        ("assistant", "no"),
        ("human", "end"),
        ("assistant", "echo: end"),
    ]
    prompt = server.run(server.forests.get_conversation, conversation).system_prompt
    assert prompt == "Be\nkind."


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0]"),
        (
            {"messages": [{"role": "user", "content": [{"type": "video"}]}]},
            "messages[0].content[0]",
        ),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"max_tokens": 1, "max_completion_tokens": 2}, "max_tokens"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ({"modalities": ["audio"]}, "modalities"),
        ({"reasoning_effort": "extreme"}, "reasoning_effort"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        (
            {
                "tools": [{"type": "function", "function": {"name": "f"}}],
                "parallel_tool_calls": False,
            },
            "parallel_tool_calls",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_done_is_refused_by_its_name(
    http: httpx.Client, asked: dict[str, Any], param: str
) -> None:
    answer = http.post(CHAT, json=asking("x") | asked)
    assert (answer.status_code, error_of(answer)["param"]) == (400, param)


@pytest.mark.parametrize(
    "harmless",
    [
        {"store": True, "service_tier": "auto", "prompt_cache_key": "k"},
        {"logit_bias": {}, "n": None, "temperature": None, "tools": None},
        {"presence_penalty": 0, "frequency_penalty": 0.0},
        {"parallel_tool_calls": False},
    ],
    ids=["ignored", "nothing", "zero", "no tools"],
)
def test_what_changes_nothing_is_taken(http: httpx.Client, harmless: dict[str, Any]) -> None:
    assert http.post(CHAT, json=asking("x") | harmless).status_code == 200
