"""The 26 defects of the original Grok API, and what happens here instead.

Each test is named after the number that the defect has in our notes on the original.
"""

from __future__ import annotations

import inspect
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec
import pytest

from grok_tree import AsyncClient
from grok_tree.errors import (
    ConversationDeletedError,
    GrokTreeError,
    ResponseNotFound,
    SamplingError,
)
from grok_tree.forest import SamplerEvent, Settings, Token, Tool
from grok_tree.samplers import Prompt
from grok_tree.testing import PlayedSampler
from tests.faults._watched import watched_server
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


async def test_01_get_children_yields_children_not_the_response_itself(
    client: AsyncClient,
) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hello")
    (question,) = conversation.root_responses

    children = conversation.get_children(question.response_id)
    assert [child.response_id for child in children] == [answer.response_id]
    assert [child.response_id for child in question.children] == [answer.response_id]


async def test_02_replacing_an_answer_stores_it_and_makes_it_the_leaf(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hello")
    better = await answer.replace("better")

    reopened = await client.grok.get_conversation(conversation.conversation_id)
    assert (better.message, better.manual) == ("better", True)
    assert reopened.leaf is not None
    assert reopened.leaf.response_id == better.response_id


async def test_03_add_response_resample_and_replace_return_the_same_kind_of_handle(
    client: AsyncClient,
) -> None:
    conversation = client.grok.create_conversation()
    added = conversation.add_response("hello")
    answer = await added
    resampled, replaced = answer.resample(), answer.replace("better")

    assert type(added) is type(resampled) is type(replaced)
    assert not any(inspect.iscoroutine(handle) for handle in (added, resampled, replaced))
    await resampled
    await replaced


async def test_04_a_failed_stream_raises_in_the_loop_and_in_the_result(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation(model_name="scripted/fail-2")
    token_stream, response = conversation.add_response("hello")
    tokens: list[str] = []

    async def read() -> None:
        async for token in token_stream:
            tokens.append(token)  # noqa: PERF401 - what came before the failure is looked at

    with pytest.raises(SamplingError) as in_the_loop:
        await read()
    with pytest.raises(SamplingError) as in_the_result:
        await response
    assert "".join(tokens) == in_the_loop.value.partial == "word1 word2"
    assert in_the_result.value.partial == "word1 word2"


async def test_05_leaving_the_stream_early_stops_the_model_and_keeps_what_came(
    client: AsyncClient,
) -> None:
    conversation = client.grok.create_conversation(model_name="scripted/hang")
    async with conversation.add_response("hello") as sampling:
        async for _ in sampling:
            break
    kept = await sampling

    assert (kept.message, kept.partial) == ("waiting", True)
    assert kept.finish_reason in ("cancelled", "disconnected")


async def test_05_leaving_after_the_last_token_leaves_nothing_growing(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation(model_name="scripted/words-3")
    async with conversation.add_response("hello") as sampling:
        n_tokens = 0
        async for _ in sampling:
            n_tokens += 1
            if n_tokens == 3:
                break
    kept = await sampling

    assert kept.finish_reason in ("stop", "cancelled", "disconnected")
    assert kept.partial == (kept.finish_reason != "stop")


async def test_06_awaiting_the_result_drains_the_stream(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    _, response = conversation.add_response("hello")

    with anyio.fail_after(PATIENCE_S):
        assert (await response).message == "echo: hello"


async def test_07_the_result_is_set_once_and_stays(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    token_stream, response = conversation.add_response("hello")

    tokens = [token async for token in token_stream]
    assert [token async for token in token_stream] == []
    assert await response is await response
    assert (await response).message == "".join(tokens)


async def test_08_an_answer_without_tokens_divides_by_nothing(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation(model_name="scripted/words-0")
    answer = await conversation.add_response("hello")

    assert (answer.message, answer.finish_reason) == ("", "stop")
    assert answer.usage.completion_tokens == 0


async def test_09_a_turn_is_bound_to_its_parent_at_the_call(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    root = await conversation.add_response("root")
    first = conversation.add_response("first")
    conversation.set_leaf_response_id(None)
    second = conversation.add_response("second")

    later, sooner = await second, await first
    assert [response.message for response in sooner.path] == [
        "root",
        root.message,
        "first",
        "echo: first",
    ]
    assert [response.message for response in later.path] == ["second", "echo: second"]


async def test_10_two_first_turns_at_once_make_one_conversation(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    first, second = conversation.add_response("one"), conversation.add_response("two")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.result)
        tasks.start_soon(second.result)

    listed = [found async for found in client.grok.iter_conversations()]
    assert [found.conversation_id for found in listed] == [conversation.conversation_id]
    assert sorted(root.message for root in conversation.root_responses) == ["one", "two"]


async def test_11_a_retry_after_a_failure_makes_no_second_human_response(
    client: AsyncClient,
) -> None:
    conversation = client.grok.create_conversation()
    with pytest.raises(SamplingError) as caught:
        await conversation.add_response("hello", model_name="scripted/fail-1")
    kept = conversation.get_response(str(caught.value.response_id))
    again = await kept.resample()

    (question,) = conversation.root_responses
    assert question.message == "hello"
    assert [child.response_id for child in question.children] == [
        kept.response_id,
        again.response_id,
    ]


async def test_12_a_failed_resample_leaves_the_leaf_where_it_was(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hello")
    question = answer.parent_response
    assert question is not None

    for attempt in (
        answer.resample(model_name="scripted/fail-1"),
        question.replace("goodbye", model_name="scripted/fail-1"),
    ):
        with pytest.raises(SamplingError):
            await attempt
    assert conversation.leaf == answer
    follow_up = await conversation.add_response("and then?")
    assert [response.sender for response in follow_up.path] == ["human", "assistant"] * 2


async def test_13_starring_does_not_undo_a_rename_elsewhere(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation(title="old")
    await conversation.add_response("hello")
    elsewhere = await client.grok.get_conversation(conversation.conversation_id)
    await elsewhere.set_title("new")
    await conversation.star()

    reopened = await client.grok.get_conversation(conversation.conversation_id)
    assert (reopened.title, reopened.starred) == ("new", True)
    assert conversation.title == "new"


async def test_14_a_share_has_an_address_of_its_own_and_can_be_taken_back(
    client: AsyncClient,
) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hello")
    url = await answer.share()

    assert answer.response_id not in url
    assert await fetched(url) == 200
    await answer.unshare()
    assert await fetched(url) == 404


async def test_15_times_are_aware_and_in_utc(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hello")

    for time in (answer.create_time, conversation.create_time, conversation.modify_time):
        assert time.utcoffset() == timedelta(0)
        assert time.year > 2000


async def test_16_listed_conversations_can_be_used_and_pages_hold_all_of_them(
    client: AsyncClient,
) -> None:
    for number in range(7):
        await client.grok.create_conversation(title=f"walnut {number}").create()
    titles, token = [], ""
    while True:
        page = await client.grok.list_conversations(page_size=3, page_token=token)
        titles += [found.title for found in page]
        token = page.next_page_token
        if not token:
            break
    answer = await page[0].add_response("hello")
    hits = await client.grok.search("walnut")

    assert titles == [f"walnut {number}" for number in reversed(range(7))]
    assert answer.message == "echo: hello"
    assert {hit.title for hit in hits} == set(titles)


async def test_17_everything_that_is_known_is_exposed_and_events_are_typed(
    client: AsyncClient,
) -> None:
    conversation = client.grok.create_conversation(fun_mode=True)
    sampling = conversation.add_response("hello")
    kinds = [type(event).__name__ async for event in sampling.events()]
    answer = await sampling

    assert kinds == ["Started", "Token", "Token", "Ended"]
    assert conversation.system_prompt_name == "fun"
    assert conversation.modify_time is not None
    assert (answer.query, answer.query_type, answer.model_name) == ("", "", "scripted/echo")


async def test_18_loading_keeps_identity_and_the_leaf(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    first = await conversation.add_response("one")
    await conversation.add_response("two")
    first.select()
    await conversation.load()

    assert conversation.get_response(first.response_id) is first
    assert conversation.leaf is first
    reopened = await client.grok.get_conversation(conversation.conversation_id)
    assert reopened.leaf is not None
    assert reopened.leaf.response_id == first.response_id


async def test_19_a_response_can_be_refreshed(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hello")
    elsewhere = await client.grok.get_conversation(conversation.conversation_id)
    await elsewhere.get_response(answer.response_id).star()

    assert not answer.starred
    await answer.refresh()
    assert answer.starred


async def test_20_fun_mode_and_model_are_kept_and_can_differ_for_a_turn(
    client: AsyncClient,
) -> None:
    made = client.grok.create_conversation(model_name="scripted/words-2", fun_mode=True)
    await made.add_response("hello")
    reopened = await client.grok.get_conversation(made.conversation_id)
    usual = await reopened.add_response("hello")
    other = await reopened.add_response("hello", model_name="scripted/echo")

    assert (reopened.model_name, reopened.system_prompt_name) == ("scripted/words-2", "fun")
    assert (usual.message, other.message) == ("word1 word2", "echo: hello")


async def test_21_a_response_that_is_not_there_is_an_error_of_our_own(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    await conversation.add_response("hello")
    unknown = "01900000-0000-7000-8000-00000000dead"

    with pytest.raises(ResponseNotFound, match=f"{unknown} .*refresh") as caught:
        conversation.get_response(unknown)
    assert isinstance(caught.value, KeyError)
    assert caught.value.response_id == unknown


async def test_22_a_deleted_conversation_refuses_at_the_call(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hello")
    await conversation.delete()

    with pytest.raises(ConversationDeletedError):
        conversation.add_response("more")
    with pytest.raises(ConversationDeletedError):
        conversation.get_children(answer.response_id)
    with pytest.raises(ConversationDeletedError):
        _ = conversation.root_responses
    with pytest.raises(ConversationDeletedError) as caught:
        await answer.share()
    assert isinstance(caught.value, RuntimeError)
    await conversation.restore()
    assert (await conversation.add_response("more")).message == "echo: more"


async def test_23_a_title_is_generated_for_a_conversation_known_by_its_id(
    client: AsyncClient,
) -> None:
    made = client.grok.create_conversation()
    await made.add_response("hello")
    elsewhere = await client.grok.get_conversation(made.conversation_id)
    title = await elsewhere.generate_title()
    await made.refresh()

    assert title
    assert made.title == elsewhere.title == title


async def test_24_errors_are_of_one_tree_and_keep_the_grpc_status(client: AsyncClient) -> None:
    unknown = "01900000-0000-7000-8000-00000000dead"

    with pytest.raises(GrokTreeError) as caught:
        await client.grok.get_conversation(unknown)
    assert caught.value.grpc_status == "NOT_FOUND"
    assert caught.value.conversation_id == unknown
    assert type(caught.value).__module__ == "grok_tree.errors"


async def test_25_the_tree_can_be_walked(client: AsyncClient, tmp_path: Path) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hello")
    other = await answer.resample()
    follow_up = await conversation.add_response("more")

    forest = conversation.forest
    assert [response.message for response in follow_up.path] == [
        "hello",
        "echo: hello",
        "more",
        "echo: more",
    ]
    assert [sibling.response_id for sibling in other.siblings] == [answer.response_id]
    assert forest.depth(follow_up.response_id) == 3
    assert forest.tips.ids == [answer.response_id, follow_up.response_id]
    shared = forest.divergence(answer.response_id, follow_up.response_id)
    assert shared is not None
    assert shared.response_id == answer.parent_response_id
    exported = tmp_path / "forest.jsonl"
    await conversation.export(exported)
    assert exported.read_text().count("echo: hello") >= 2


async def test_26_every_release_can_add_a_response(tmp_path: Path) -> None:
    """Client and schema are tested together: whatever a turn can ask for reaches the sampler."""
    asked = Settings(
        temperature=0.5,
        top_p=0.9,
        min_p=0.1,
        top_k=40,
        max_tokens=2,
        seed=7,
        stop=("never",),
        logprobs=True,
        top_logprobs=3,
        frequency_penalty=0.5,
        presence_penalty=-0.5,
        reasoning_effort="low",
        response_format='{"type": "object"}',
        tools=(Tool(name="look", description="looks", parameters="{}"),),
        tool_choice="look",
    )
    reached: list[Settings] = []

    def play(_prompt: Prompt, settings: Settings, _n: int) -> list[SamplerEvent]:
        reached.append(settings)
        return [Token("{}")]

    async with (
        watched_server(tmp_path / "forests.db", PlayedSampler(play)) as server,
        AsyncClient(server.address, mirror=False) as client,
    ):
        answer = await client.grok.create_conversation().add_response(
            "hello there", **msgspec.structs.asdict(asked)
        )
    assert reached == [asked]
    assert answer.settings == asked


async def fetched(url: str) -> int:
    """Return the HTTP status of a page."""

    def fetch() -> int:
        host, _, path = url.removeprefix("http://").partition("/")
        connection = HTTPConnection(host, timeout=PATIENCE_S)
        connection.request("GET", f"/{path}")
        status = connection.getresponse().status
        connection.close()
        return status

    return await anyio.to_thread.run_sync(fetch)
