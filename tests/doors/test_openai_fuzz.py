"""Whatever is sent to the OpenAI door is answered, or refused in the documented shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grok_tree.web.openai._chat_request import ChatBody, ChatMessage
from grok_tree.web.openai._completion_request import CompletionBody
from grok_tree.web.openai._content import Part
from grok_tree.web.openai._embeddings import EmbeddingBody
from grok_tree.web.openai._response_input import Item
from grok_tree.web.openai._response_request import ResponseBody
from tests.doors._openai_served import served

REFUSED = {400, 401, 404, 405, 413, 429}
BODIES = {
    "/chat/completions": ChatBody,
    "/responses": ResponseBody,
    "/completions": CompletionBody,
    "/embeddings": EmbeddingBody,
}
WORDS = (
    *("user", "assistant", "tool", "system", "developer", "text", "image_url", "input_text"),
    *("message", "function", "function_call", "function_call_output", "reasoning", "json_schema"),
    *("scripted/echo", "played/it", "auto", "none", "required", "low", "base64", "float"),
    *("data:image/png;base64,AAAA", "data:,", "https://example.org/a.png", "grok-tree:x", "\0"),
    "0192f0c1-74da-7000-8000-000000000000",
)
NAMES = sorted(
    {
        *(name for body in BODIES.values() for name in body.__struct_fields__),
        *ChatMessage.__struct_fields__,
        *Part.__struct_fields__,
        *Item.__struct_fields__,
        *("name", "schema", "url", "format", "effort", "include_usage", "parameters"),
    }
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 9)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
SANE: dict[str, dict[str, Any]] = {
    "/chat/completions": {"model": "played/it", "messages": [{"role": "user", "content": "hi"}]},
    "/responses": {"model": "played/it", "input": "hi"},
    "/completions": {"model": "played/it", "prompt": "a b"},
    "/embeddings": {"model": "played/it", "input": "hi"},
}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served(tmp_path_factory.mktemp("fuzz")) as running, running.client() as client:
        yield client


def changed(path: str) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies that would be answered, but for a few values."""
    names = st.sampled_from(BODIES[path].__struct_fields__)
    return st.dictionaries(names, VALUES, max_size=3).map(lambda odd: SANE[path] | odd)


@pytest.mark.parametrize("path", BODIES)
def test_odd_bodies_are_answered_or_refused(http: httpx.Client, path: str) -> None:
    @settings(max_examples=60)
    @given(changed(path) | VALUES)
    def check(body: Any) -> None:
        sent = json.dumps(body).encode()
        check_answer(http.post(path, content=sent), sent)

    check()


@pytest.mark.parametrize("path", BODIES)
def test_broken_bodies_are_refused(http: httpx.Client, path: str) -> None:
    whole = json.dumps(SANE[path]).encode()

    @settings(max_examples=25)
    @given(st.binary(max_size=20), st.integers(0, len(whole)))
    def check(noise: bytes, place: int) -> None:
        sent = whole[:place] + noise + whole[place + 1 :]
        check_answer(http.post(path, content=sent), sent)

    check()


def test_odd_headers_are_obeyed_or_refused(http: httpx.Client) -> None:
    names = ["parent", "conversation", "record", "model"]
    ours = st.sampled_from([f"x-grok-tree-{name}".encode() for name in names])
    others = st.sampled_from([b"idempotency-key", b"x-stainless-retry-count", b"user-agent"])
    values = st.sampled_from([word.encode() for word in WORDS if word.isprintable()]) | st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20
    ).map(str.encode)

    @settings(max_examples=40)
    @given(st.dictionaries(ours | others, values | st.binary(max_size=9).map(printable)))
    def check(headers: Any) -> None:
        body = SANE["/chat/completions"]
        check_answer(http.post("/chat/completions", json=body, headers=headers), repr(headers))

    check()


def printable(value: bytes) -> bytes:
    """Return bytes as a client may send them in a header."""
    return bytes(one if one > 0x1F and one != 0x7F else 0x21 for one in value).strip()


def test_odd_paths_are_refused(http: httpx.Client) -> None:
    @settings(max_examples=40)
    @given(
        st.sampled_from(["GET", "DELETE", "POST", "PUT"]),
        st.sampled_from(["responses/", "models/", "responses/resp_", ""]),
        st.text(max_size=12),
        st.dictionaries(st.sampled_from(["limit", "after", "order", "stream"]), SCALARS),
    )
    def check(method: str, begin: str, rest: str, query: dict[str, Any]) -> None:
        url = f"/{begin}{quoted(rest)}"
        check_answer(http.request(method, url, params=query), url.encode())

    check()


def quoted(text: str) -> str:
    return "".join(f"%{one:02x}" for one in text.encode(errors="replace"))


def check_answer(answer: httpx.Response, sent: object) -> None:
    assert "incident" not in answer.text, (answer.text, sent)
    if answer.status_code == 200:
        return
    assert answer.status_code in REFUSED, (answer.text, sent)
    error = answer.json()["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    assert error["message"]
    assert error["code"]
