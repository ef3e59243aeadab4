"""Costs and budgets through a real server, and all that is known of an answer, end to end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from grok_tree import Client, SyncConversation, errors
from grok_tree.forest import (
    Finished,
    Model,
    Prices,
    Reasoning,
    Response,
    SamplerEvent,
    Settings,
    Token,
    Usage,
)
from grok_tree.samplers import Prompt, SamplerRegistry
from grok_tree.server import RunningServer, ServerSettings, running_server

USAGE = Usage(
    prompt_tokens=100,
    cached_prompt_tokens=60,
    completion_tokens=2,
    reasoning_tokens=5,
    cost_usd=0.000321,
)
PROVENANCE = {"model": "paid-2026-11-01", "request_id": "req-77", "seed": "4711"}


class PaidSampler:
    """Tells everything that can be told of an answer; of ``unpriced``, not what it costs."""

    provider = "paid"

    def models(self) -> Sequence[Model]:
        prices = Prices(prompt=3.0, cached_prompt=0.75, completion=15.0)
        return [Model(name="paid/model", prices=prices), Model(name="paid/unpriced")]

    async def refresh(self) -> None:
        """There is nobody to ask."""

    def check(self, model: str, settings: Settings, n: int) -> None:
        """Everything can be done."""

    async def sample(
        self, model: str, _: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        del model, settings
        for index in range(n):
            yield Reasoning("well", index)
            yield Token("forty ", index)
            yield Token("two", index)
            yield Finished(index=index, usage=USAGE, provenance=PROVENANCE)

    async def aclose(self) -> None:
        """There is nothing to close."""


@contextmanager
def paid_server(database: Path, **settings: Any) -> Iterator[RunningServer]:
    chosen = ServerSettings(
        database=database,
        model="paid/model",
        samplers=lambda: SamplerRegistry([PaidSampler()]),
        **settings,
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running_server(chosen)) as server,
    ):
        yield server


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "forests.db"


def shown_by_the_command(conversation_id: str, host: str) -> list[Any]:
    program = "from grok_tree.cli import main; main()"
    command = [sys.executable, "-c", program, "show", conversation_id, "--json", "--host", host]
    ran = subprocess.run(command, check=True, capture_output=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_all_that_is_known_of_an_answer_is_known_everywhere(database: Path, tmp_path: Path) -> None:
    with paid_server(database) as server, Client(server.address) as client:
        conversation = client.grok.create_conversation()
        answer = conversation.add_response("what is it", temperature=0.5, max_tokens=9).result()
        conversation.export(tmp_path / "forest.jsonl")
        with Client(server.address, mirror=False) as other:
            read = other.grok.get_response(answer.response_id).value
        shown = shown_by_the_command(conversation.conversation_id, server.address)
    exported = [json.loads(one) for one in (tmp_path / "forest.jsonl").read_bytes().splitlines()]

    assert read == answer.value
    _check_provenance(read)
    for records in (shown, exported):
        (record,) = (one for one in records if one.get("response_id") == answer.response_id)
        assert record["usage"] == {
            "prompt_tokens": 100,
            "cached_prompt_tokens": 60,
            "completion_tokens": 2,
            "reasoning_tokens": 5,
            "cost_usd": 0.000321,
        }
        assert record["settings"] == {"temperature": 0.5, "max_tokens": 9}
        assert record["origin"]["provenance"] == PROVENANCE | {"price": "provider"}
        assert 0 <= record["timing"]["first_token_s"] <= record["timing"]["duration_s"]
        assert record["model_name"] == "paid/model"


def _check_provenance(response: Response) -> None:
    assert response.settings == Settings(temperature=0.5, max_tokens=9)
    assert response.usage == USAGE
    assert response.origin.provenance == PROVENANCE | {"price": "provider"}
    assert response.timing.first_token_s is not None
    assert 0 <= response.timing.first_token_s <= response.timing.duration_s
    assert (response.reasoning, response.finish_reason) == ("well", "stop")


def spend_all(conversation: SyncConversation) -> None:
    for _ in range(10):
        conversation.add_response("hi", max_tokens=20).result()


def test_a_client_spends_its_own_budget_and_no_more(database: Path) -> None:
    with paid_server(database) as server, Client(server.address, max_cost_usd=0.001) as client:
        conversation = client.grok.create_conversation()
        fresh = client.budget()
        assert fresh is not None
        assert (fresh.left_usd, fresh.spent_usd) == (0.001, 0.0)
        with pytest.raises(errors.BudgetExhausted, match="has no room") as refused:
            spend_all(conversation)
        spent = client.budget()
        assert spent is not None
        n_answers = len(conversation.forest.responses) // 2
    assert refused.value.grpc_status == "RESOURCE_EXHAUSTED"
    assert refused.value.details["limit"] == 0.001
    assert n_answers >= 1
    assert spent.spent_usd == pytest.approx(n_answers * 0.000321)
    assert spent.reserved_usd == 0.0


def test_clients_that_name_a_budget_share_it(database: Path) -> None:
    with paid_server(database) as server:
        with Client(server.address, budget="june", max_tokens=300) as first:
            first.grok.create_conversation().add_response("hi", max_tokens=20).result()
        with Client(server.address, budget="june") as second:
            found = second.budget()
            assert found is not None
            assert (found.max_tokens, found.spent_tokens) == (300, 107)
            with pytest.raises(errors.BudgetExhausted):
                second.grok.create_conversation().add_response("hi", max_tokens=250).result()
        with Client(server.address) as without:
            assert without.budget() is None


def test_a_model_without_price_is_refused_under_a_limit_in_dollars(database: Path) -> None:
    with paid_server(database, max_cost_usd=1.0) as server, Client(server.address) as client:
        conversation = client.grok.create_conversation()
        with pytest.raises(errors.PriceUnknown, match="the server's prices") as refused:
            conversation.add_response("hi", model_name="paid/unpriced").result()
        conversation.refresh()
        assert len(conversation.forest.responses) == 0
    assert refused.value.grpc_status == "FAILED_PRECONDITION"


def test_the_servers_budget_lasts_longer_than_the_server(database: Path) -> None:
    for n_before in range(2):
        with paid_server(database, max_tokens=1000) as server, Client(server.address) as client:
            found = client.budget()
            assert found is not None
            assert found.spent_tokens == n_before * 107
            client.grok.create_conversation().add_response("hi", max_tokens=20).result()
    july = paid_server(database, max_tokens=50, budget="july")
    with july as server, Client(server.address) as client:
        found = client.budget()
        assert found is not None
        assert (found.name, found.spent_tokens) == ("july", 0)


@pytest.mark.parametrize("wrong", [{"max_cost_usd": -1.0}, {"max_tokens": -1}, {"budget": ""}])
def test_a_ceiling_that_cannot_be_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidOperationError):
        Client("127.0.0.1:1", **wrong)
