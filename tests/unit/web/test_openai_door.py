"""The OpenAI door's own rules: every error has its words, and mistakes of ours stay ours."""

from __future__ import annotations

import logging
import math

import httpx
import pytest

from grok_tree import errors
from grok_tree.forest import TokenAlternative, TokenLogprob
from grok_tree.web.openai._door import OpenAIDoor, Route
from grok_tree.web.openai._failures import fields_of, kind_of
from grok_tree.web.openai._http import Reply, Request
from grok_tree.web.openai._tokens import chat_logprob

pytestmark = pytest.mark.anyio

STATUSES = {400, 401, 403, 404, 405, 409, 429, 500, 502, 503, 504}


async def boom(_request: Request, _reply: Reply) -> None:
    raise ValueError("a secret")


async def wait(_request: Request, _reply: Reply) -> None:
    raise errors.RateLimited("later", retry_after_s=1.2)


async def broke(_request: Request, _reply: Reply) -> None:
    raise errors.BudgetExhausted("no more", retry_after_s=1.0)


ROUTES = [Route("GET", f"/{one.__name__}", one) for one in (boom, wait, broke)]


async def ask(path: str) -> httpx.Response:
    door = OpenAIDoor(ROUTES, api_key=None)
    transport = httpx.ASGITransport(door, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


@pytest.mark.parametrize("cls", errors.error_classes(), ids=lambda cls: cls.__name__)
def test_every_error_has_a_status_and_words(cls: type[errors.GrokTreeError]) -> None:
    assert kind_of(cls("why")).status in STATUSES
    assert fields_of(cls("why", param="n")) == {
        "message": "why",
        "type": kind_of(cls("why")).type,
        "param": "n",
        "code": kind_of(cls("why")).code or cls.code,
    }


async def test_a_provider_says_how_long_to_wait() -> None:
    answer = await ask("/wait")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


async def test_an_empty_budget_is_not_asked_again() -> None:
    answer = await ask("/broke")
    assert (answer.status_code, answer.headers["x-should-retry"]) == (429, "false")
    assert answer.json()["error"]["code"] == "insufficient_quota"
    assert "retry-after" not in answer.headers


async def test_a_mistake_of_ours_is_an_incident_and_nothing_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await ask("/boom")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (500, "server_error")
    assert "secret" not in answer.text
    number = error["message"].rpartition(" ")[2]
    assert number in caplog.text
    assert "a secret" in caplog.text


def test_a_token_without_any_probability_has_the_number_that_clients_know() -> None:
    token = TokenLogprob("a", -math.inf, (TokenAlternative("b", -math.inf),))
    shown = chat_logprob(token)
    assert (shown["logprob"], shown["top_logprobs"][0]["logprob"]) == (-9999.0, -9999.0)
