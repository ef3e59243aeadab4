"""Analysis from the handles of both clients, on a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from grok_tree import AsyncClient, Client, analysis
from grok_tree.errors import GrokTreeError, InvalidOperationError, ResponseNotFound
from tests.unit.analysis.pictures._inert import text_of

MODEL = "scripted/varied"


def test_a_conversation_answers_for_its_forest(tmp_path: Path) -> None:
    with Client(database=str(tmp_path / "forests.db"), model=MODEL) as client:
        conversation = client.grok.create_conversation()
        answer = conversation.add_response("Name a colour.").result()
        answer.resample_many(3).result()

        assert conversation.shape().max_fanout == 4
        assert conversation.graph().number_of_edges() == 4
        assert answer.forest is conversation.forest
        assert len(conversation.to_records()) == len(conversation.to_pandas()) == 5
        assert conversation.to_polars().height == 5


def test_handles_say_which_forest_is_meant(tmp_path: Path) -> None:
    with Client(database=str(tmp_path / "forests.db"), model=MODEL) as client:
        conversation = client.grok.create_conversation()
        answer = conversation.add_response("Name a colour.", seed=1).result()
        other, _ = answer.resample_many(2, seed=2).result()
        longer = other.reply("Why?").result()

        shared = analysis.divergence(answer, longer)
        assert shared is not None
        assert shared.message == "Name a colour."
        found = analysis.diff(answer, longer)
        assert (found.count("changed"), found.count("+"), found.n_common) == (1, 2, 1)
        assert analysis.divergence_matrix([answer, longer]).distances[0, 1] == 4
        rows = analysis.path_table(conversation).to_records()
        assert [row["n_responses"] for row in rows] == [2, 2, 4]
        assert {row["models"] for row in rows} == {MODEL}


def test_responses_of_two_conversations_share_nothing_to_compare(tmp_path: Path) -> None:
    with Client(database=str(tmp_path / "forests.db"), model=MODEL) as client:
        one, other = (
            client.grok.create_conversation().add_response("Name a colour.").result()
            for _ in range(2)
        )
        with pytest.raises(ResponseNotFound, match=other.response_id):
            analysis.divergence(one, other)


def test_the_forest_of_a_blocking_client_asks_for_log_probabilities(tmp_path: Path) -> None:
    with Client(database=str(tmp_path / "forests.db"), model=MODEL) as client:
        conversation = client.grok.create_conversation()
        answer = conversation.add_response("Name a colour.", logprobs=True).result()

        found = conversation.forest.beside.logprobs(answer.value)

        assert list(found) == answer.logprobs()
        assert "".join(token.text for token in found) == answer.message


@pytest.mark.anyio
async def test_the_forest_of_an_async_client_has_what_was_loaded(tmp_path: Path) -> None:
    async with AsyncClient(database=str(tmp_path / "forests.db"), model=MODEL) as client:
        conversation = client.grok.create_conversation()
        answer = await conversation.add_response("Name a colour.", logprobs=True)
        forest = conversation.forest

        with pytest.raises(InvalidOperationError, match="load_logprobs"):
            forest.beside.logprobs(answer.value)
        assert await conversation.load_logprobs() == 1
        assert list(forest.beside.logprobs(answer.value)) == await answer.logprobs()


@pytest.mark.anyio
async def test_a_forest_is_grafted_with_log_probabilities_that_another_client_has(
    tmp_path: Path,
) -> None:
    async with (
        AsyncClient(database=str(tmp_path / "one.db"), model=MODEL) as one,
        AsyncClient(database=str(tmp_path / "two.db"), model=MODEL) as two,
    ):
        theirs = one.grok.create_conversation()
        answer = await theirs.add_response("Name a colour.", logprobs=True)
        ours = two.grok.create_conversation()
        await ours.add_response("Hello")
        await ours.graft(theirs.forest)

        (copy,) = [r for r in ours.forest if r.message == answer.message and r.settings.logprobs]
        copied = await ours.get_response(copy.response_id).logprobs()
        assert copied == await answer.logprobs()


def test_the_tokens_of_an_answer_lead_to_where_it_was_forked(tmp_path: Path) -> None:
    with Client(database=str(tmp_path / "forests.db"), model=MODEL) as client:
        conversation = client.grok.create_conversation()
        asked = conversation.add_response("Name a colour.", seed=1, logprobs=True, top_logprobs=3)
        answer = asked.result()
        place = analysis.tokens(answer).forking_tokens()[2]
        other = place.branches[1]
        forked = answer.fork_at(place.token.recorded, other.text, n=2).result()

        found = analysis.tokens(answer).forking_tokens(label=lambda one: one.message[-4:])[2]

        assert found.branches[1].response_ids == tuple(one.response_id for one in forked)
        assert sum((found.branches[1].outcomes or {}).values()) == 2
        aligned = analysis.align(answer, forked[0])
        assert aligned.by == "tokens"
        assert aligned.parting is not None
        assert aligned.parting.first is not None
        assert aligned.parting.first.offset == place.token.offset


@pytest.mark.anyio
async def test_what_to_do_for_tokens_is_said_where_nothing_can_be_waited_for(
    tmp_path: Path,
) -> None:
    async with AsyncClient(database=str(tmp_path / "forests.db"), model=MODEL) as client:
        conversation = client.grok.create_conversation()
        bare = await conversation.add_response("Name a colour.")
        answer = await conversation.add_response("Another.", logprobs=True, top_logprobs=2)

        with pytest.raises(InvalidOperationError, match="load_logprobs"):
            analysis.tokens(answer)
        await conversation.load_logprobs()
        assert analysis.tokens(answer).text == answer.message
        with pytest.raises(InvalidOperationError, match="logprobs=True, top_logprobs=5"):
            analysis.tokens(bare)


def test_every_handle_of_a_blocking_client_shows_itself(tmp_path: Path) -> None:
    with Client(database=str(tmp_path / "forests.db"), model=MODEL) as client:
        conversation = client.grok.create_conversation(title="Colours")
        assert "not created" in text_of(conversation._repr_html_())
        turn = conversation.add_response("Name a <colour>.")
        assert text_of(turn._repr_html_()).endswith("was not begun; iterate or await it")
        assert repr(turn) == f"<Sampling {turn.sampling_id}: 1 answer, not begun>"
        answer = turn.result()
        group = answer.resample_many(3)
        siblings = group.result()

        assert repr(turn) == f"<Sampling {turn.sampling_id}: 1 answer>"
        assert repr(group) == f"<SamplingGroup {group.sampling_id}: 3 answers>"
        assert repr(answer) == repr(answer.value)
        assert text_of(turn._repr_html_()).startswith("1 answer to 'Name a <colour>.'")
        assert text_of(group._repr_html_()).startswith("3 answers")
        assert all(one.message in group._repr_html_() for one in siblings)
        assert text_of(conversation._repr_html_()).startswith("Colours 5 responses")
        assert answer.message in text_of(answer._repr_html_())


def test_a_sampling_that_failed_before_it_began_says_so(tmp_path: Path) -> None:
    with Client(database=str(tmp_path / "forests.db"), model="scripted/none-such") as client:
        turn = client.grok.create_conversation().add_response("Name a colour.")
        with pytest.raises(GrokTreeError):
            turn.result()

        assert repr(turn) == f"<Sampling {turn.sampling_id}: 1 answer, failed>"
        assert text_of(turn._repr_html_()) == "A sampling that failed"


@pytest.mark.anyio
async def test_a_sampling_of_an_async_client_shows_what_has_come(tmp_path: Path) -> None:
    async with AsyncClient(database=str(tmp_path / "forests.db"), model="scripted/slow") as client:
        conversation = client.grok.create_conversation()
        async with conversation.add_responses("Name a colour.", 2) as group:
            async for _index, token in group:
                if token.strip():
                    break
            shown = text_of(group._repr_html_())
            assert repr(group).endswith(": 2 answers, 2 being sampled>")
        assert shown.startswith("2 answers to 'Name a colour.', 2 being sampled")
        assert token.strip() in shown
