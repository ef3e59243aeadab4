"""What stateless clients say becomes a forest: nothing twice, nothing lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from grok_tree import errors
from grok_tree.forest import Attachment, Ended, Response, ResponseDraft, Settings
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import (
    Forests,
    Said,
    SampleCommand,
    StatelessCall,
    World,
    header_of,
    name_in,
    open_forests,
    response_in,
    scope_of,
    token_of,
)
from grok_tree.store import Store
from tests.unit.service.conftest import share_url

pytestmark = pytest.mark.anyio

HI = Said(sender="human", message="hi")
MORE = Said(sender="human", message="more")


class Script:
    """A client that keeps the conversation itself."""

    def __init__(self, forests: Forests) -> None:
        self._forests = forests
        self._n_calls = 0

    def call(self, *path: Said, **options: object) -> StatelessCall:
        self._n_calls += 1
        call = StatelessCall(
            request_id=f"call-{self._n_calls}",
            door="test",
            client="script/1",
            scope=scope_of("key"),
            path=path,
            model_name="scripted/echo",
        )
        return msgspec.structs.replace(call, **options)

    async def ask(self, *path: Said, **options: object) -> Response:
        return (await self.ask_many(*path, **options))[0]

    async def ask_many(self, *path: Said, **options: object) -> list[Response]:
        run = await self._forests.record(self.call(*path, **options))
        events = [event async for batch in run.follow() for event in batch]
        return [event.response for event in events if isinstance(event, Ended)]

    async def forest(self, conversation_id: str) -> list[Response]:
        pages = [page async for page in self._forests.iter_changes(conversation_id, 0)]
        found = [one for page in pages for one in page.responses if not one.deleted]
        return sorted(found, key=lambda one: one.position)

    async def grandparent(self, response: Response) -> str | None:
        """Return what the question is below that a response answers."""
        forest = await self.forest(response.conversation_id)
        parents = {one.response_id: one.parent_response_id for one in forest}
        return parents[parents[response.response_id] or response.response_id]

    async def tree(self, conversation_id: str) -> list[str]:
        """Return every response as the path of its messages."""
        found = await self.forest(conversation_id)
        paths: dict[str | None, str] = {None: ""}
        for one in found:
            paths[one.response_id] = f"{paths[one.parent_response_id]}/{one.message}"
        return list(paths.values())[1:]


@pytest.fixture(params=["sqlite", "postgres"])
async def forests(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Forests]:
    """The use cases over either kind of database: paths are found by its own indexes."""
    on_postgres = request.param == "postgres"
    database = request.getfixturevalue("postgres_url") if on_postgres else tmp_path / "f.db"
    store = Store.open(database)
    world = World(store, SamplerRegistry([ScriptedSampler()]), "scripted/echo", share_url)
    try:
        async with open_forests(world) as opened:
            yield opened
    finally:
        store.close()


@pytest.fixture
def script(forests: Forests) -> Script:
    return Script(forests)


def said(response: Response, *, names: bool = True, message: str | None = None) -> Said:
    """Return an answer as a client sends it back."""
    text = response.message if message is None else message
    name = response.response_id if names else ""
    return Said(sender="assistant", message=text, response_id=name)


async def conversations(forests: Forests) -> Sequence[str]:
    page = await forests.list_conversations()
    return [one.conversation_id for one in page.conversations]


async def test_a_call_becomes_a_path(forests: Forests, script: Script) -> None:
    answer = await script.ask(HI, system_prompt="Be brief.", settings=Settings(temperature=0.5))
    assert await script.tree(answer.conversation_id) == ["/hi", "/hi/echo: hi"]
    question = (await script.forest(answer.conversation_id))[0]
    assert (question.sender, question.origin.kind, question.origin.door) == (
        "human",
        "recorded",
        "test",
    )
    assert (answer.origin.kind, answer.origin.client) == ("recorded", "script/1")
    assert answer.settings.temperature == 0.5
    found = await forests.get_conversation(answer.conversation_id)
    assert (found.title, found.system_prompt, found.leaf_response_id) == (
        "hi",
        "Be brief.",
        answer.response_id,
    )


async def test_the_same_call_twice_makes_two_samples(script: Script) -> None:
    first, second = await script.ask(HI), await script.ask(HI)
    assert first.parent_response_id == second.parent_response_id
    assert await script.tree(first.conversation_id) == ["/hi", "/hi/echo: hi", "/hi/echo: hi"]


async def test_a_history_that_is_sent_again_is_found_by_what_was_said(script: Script) -> None:
    first = await script.ask(HI)
    second = await script.ask(HI, said(first, names=False), MORE)
    assert await script.tree(second.conversation_id) == [
        "/hi",
        "/hi/echo: hi",
        "/hi/echo: hi/more",
        "/hi/echo: hi/more/echo: more",
    ]


async def test_an_answer_that_says_which_it_is_is_the_parent_among_equals(script: Script) -> None:
    answers = await script.ask_many(HI, n=8)
    for answer in (answers[5], answers[2], answers[5]):
        follow_up = await script.ask(HI, said(answer), MORE)
        assert await script.grandparent(follow_up) == answer.response_id
    assert len(await script.forest(answers[0].conversation_id)) == 1 + 8 + 2 + 3


async def test_of_equal_answers_without_names_the_newest_is_gone_on_from(script: Script) -> None:
    answers = await script.ask_many(HI, n=3)
    follow_up = await script.ask(HI, said(answers[0], names=False), MORE)
    assert await script.grandparent(follow_up) == answers[-1].response_id


async def test_a_server_that_does_not_record_answers_all_the_same(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "forests.db")
    samplers = SamplerRegistry([ScriptedSampler()])
    world = World(store, samplers, "scripted/echo", share_url, recording=False)
    try:
        async with open_forests(world) as forests:
            answer = await Script(forests).ask(HI)
            assert (answer.message, await conversations(forests)) == ("echo: hi", [])
    finally:
        store.close()


async def test_another_model_may_answer_than_the_one_that_is_asked(script: Script) -> None:
    asked = {"model_name": "gpt-x", "answering_model": "scripted/echo", "provenance": {"a": "b"}}
    answer = await script.ask(HI, **asked)
    assert (answer.message, answer.model_name) == ("echo: hi", "scripted/echo")
    assert answer.origin.provenance["asked_model"] == "gpt-x"
    assert answer.origin.provenance["a"] == "b"


async def test_an_edited_question_branches_where_it_was_edited(script: Script) -> None:
    first = await script.ask(HI)
    await script.ask(HI, said(first), MORE)
    less = Said(sender="human", message="less")
    await script.ask(HI, said(first), less)
    assert await script.tree(first.conversation_id) == [
        "/hi",
        "/hi/echo: hi",
        "/hi/echo: hi/more",
        "/hi/echo: hi/more/echo: more",
        "/hi/echo: hi/less",
        "/hi/echo: hi/less/echo: less",
    ]


async def test_an_edited_answer_is_a_sibling_written_by_hand(script: Script) -> None:
    first = await script.ask(HI)
    follow_up = await script.ask(HI, said(first, message="edited"), MORE)
    edited = (await script.forest(follow_up.conversation_id))[2]
    assert (edited.message, edited.manual) == ("edited", True)
    assert (edited.origin.kind, edited.origin.of) == ("replaced", first.response_id)
    assert edited.parent_response_id == first.parent_response_id


async def test_history_below_an_edit_is_kept_with_what_it_was_before(script: Script) -> None:
    first = await script.ask(HI)
    other = Said(sender="human", message="ho")
    follow_up = await script.ask(other, said(first), MORE)
    assert follow_up.conversation_id != first.conversation_id
    forest = await script.forest(follow_up.conversation_id)
    assert [one.message for one in forest] == ["ho", "echo: hi", "more", "echo: more"]
    assert forest[1].origin.of == first.response_id
    assert forest[1].model_name == "scripted/echo"


async def test_another_key_has_conversations_of_its_own(script: Script) -> None:
    mine = await script.ask(HI)
    theirs = await script.ask(HI, scope=scope_of("another key"))
    assert mine.conversation_id != theirs.conversation_id


async def test_a_named_parent_is_gone_on_from_whatever_is_sent_with_it(script: Script) -> None:
    first = await script.ask(HI)
    parent = {"parent_response_id": first.response_id}
    alone = await script.ask(MORE, **parent)
    whole = await script.ask(HI, said(first, names=False), MORE, **parent)
    assert alone.parent_response_id == whole.parent_response_id
    assert len(await script.forest(first.conversation_id)) == 5


async def test_a_question_that_is_the_named_parent_is_answered_again(script: Script) -> None:
    first = await script.ask(HI)
    again = await script.ask(HI, parent_response_id=first.parent_response_id)
    alone = await script.ask(parent_response_id=first.parent_response_id)
    assert first.parent_response_id == again.parent_response_id == alone.parent_response_id


async def test_a_parent_that_was_not_recorded_can_be_gone_on_from(
    forests: Forests, script: Script
) -> None:
    made = await forests.create_conversation("create", system_prompt="Be brief.")
    turn = SampleCommand(request_id="turn", conversation_id=made.conversation_id, message="native")
    run = await forests.sample(turn)
    await anext(run.follow())
    parent = run.started.response_ids[0]
    first = await script.ask(HI, parent_response_id=parent)
    second = await script.ask(HI, said(first, names=False), MORE, parent_response_id=parent)
    assert first.conversation_id == made.conversation_id
    assert len(await script.forest(made.conversation_id)) == 6
    assert second.origin.system_prompt is None  # the conversation's


async def test_what_was_added_otherwise_is_found_below_any_of_equal_answers(
    forests: Forests, script: Script
) -> None:
    answers = await script.ask_many(HI, n=3)
    draft = ResponseDraft(sender="human", message="more", parent_response_id=answers[0].response_id)
    [added] = await forests.add_responses("add", answers[0].conversation_id, [draft])
    follow_up = await script.ask(HI, said(answers[0], names=False), MORE)
    assert follow_up.parent_response_id == added.response_id


async def test_an_unknown_parent_is_refused_and_nothing_is_stored(
    forests: Forests, script: Script
) -> None:
    with pytest.raises(errors.ResponseNotFound):
        await script.ask(HI, parent_response_id="0192f0c1-74da-7000-8000-000000000000")
    assert await conversations(forests) == []


async def test_a_group_holds_what_has_no_common_beginning(forests: Forests, script: Script) -> None:
    first = await script.ask(HI, conversation="study 1")
    second = await script.ask(MORE, conversation="study 1")
    third = await script.ask(HI)
    assert first.conversation_id == second.conversation_id == third.conversation_id
    assert (await forests.get_conversation(first.conversation_id)).title == "study 1"
    elsewhere = await script.ask(HI, conversation="study 2")
    assert elsewhere.conversation_id != first.conversation_id


async def test_a_conversation_can_be_named_by_its_id(forests: Forests, script: Script) -> None:
    made = await forests.create_conversation("create")
    answer = await script.ask(HI, conversation=made.conversation_id)
    assert answer.conversation_id == made.conversation_id


async def test_what_was_deleted_is_not_found_again(forests: Forests, script: Script) -> None:
    first = await script.ask(HI)
    await forests.delete_conversation("delete", first.conversation_id)
    second = await script.ask(HI)
    assert second.conversation_id != first.conversation_id
    assert second.parent_response_id is not None
    await forests.delete_response("hide", second.parent_response_id)
    third = await script.ask(HI)
    assert third.parent_response_id != second.parent_response_id


async def test_another_system_prompt_is_told_of_the_answer_alone(script: Script) -> None:
    first = await script.ask(HI, system_prompt="Be brief.")
    second = await script.ask(HI, system_prompt="Be long.")
    third = await script.ask(HI)
    assert first.parent_response_id == second.parent_response_id == third.parent_response_id
    told = [one.origin.system_prompt for one in (first, second, third)]
    assert told == [None, "Be long.", ""]
    below = await script.ask(MORE, parent_response_id=second.response_id)
    assert below.origin.system_prompt == "Be long."


async def test_a_question_asked_again_below_a_named_parent_is_told_the_same(script: Script) -> None:
    await script.ask(HI, system_prompt="Be brief.")
    parent = await script.ask(HI, system_prompt="Be long.")
    below = [
        await script.ask(MORE, parent_response_id=parent.response_id),
        await script.ask(MORE, parent_response_id=parent.response_id),
    ]
    assert [one.origin.system_prompt for one in below] == ["Be long.", "Be long."]
    assert below[0].parent_response_id == below[1].parent_response_id


async def test_a_repeated_request_follows_the_first_sampling(script: Script) -> None:
    first = await script.ask(HI, request_id="same")
    second = await script.ask(HI, request_id="same")
    assert first == second


async def test_a_detached_call_is_sampled_to_its_end_when_it_is_left(
    forests: Forests, script: Script
) -> None:
    run = await forests.record(script.call(HI, model_name="scripted/words-500", detach=True))
    following = run.follow()
    await anext(following)
    await following.aclose()
    events = [event async for batch in run.follow() for event in batch]
    assert isinstance(events[-1], Ended)
    assert events[-1].response.finish_reason == "stop"


async def test_who_holds_a_sampling_keeps_it_going_without_reading(
    forests: Forests, script: Script
) -> None:
    run = await forests.record(script.call(HI, model_name="scripted/hang"))
    leave = run.hold()
    following = run.follow()
    await anext(following)
    await following.aclose()
    assert leave()  # nobody is left, so it stops
    events = [event async for batch in run.follow() for event in batch]
    assert isinstance(events[-1], Ended)
    assert events[-1].response.finish_reason == "disconnected"


async def test_a_sampling_says_in_which_conversation_it_is(script: Script) -> None:
    for call in (script.call(HI), script.call(HI, record=False)):
        run = await script._forests.record(call)
        events = [event async for batch in run.follow() for event in batch]
        assert isinstance(events[-1], Ended)
        assert run.conversation_id == events[-1].response.conversation_id
        assert bool(run.conversation_id) == call.record
        if call.record:
            repeated = await script._forests.record(call)
            assert repeated.conversation_id == run.conversation_id


async def test_a_refused_call_leaves_nothing_behind(forests: Forests, script: Script) -> None:
    with pytest.raises(errors.SamplerRefused):
        await script.ask(HI, model_name="scripted/refuse")
    with pytest.raises(errors.ModelNotFound):
        await script.ask(HI, model_name="nobody/nothing")
    with pytest.raises(errors.SamplerRefused):
        await script.ask(Said(sender="human", message="hi", attachments=(_IMAGE,)))
    with pytest.raises(errors.InvalidOperationError):
        await script.ask(Said(sender="human", message="a\0b"))
    with pytest.raises(errors.InvalidOperationError):
        await script.ask()
    assert await conversations(forests) == []


_IMAGE = Attachment(url="https://example.org/cat.png", media_type="image/png")


async def test_what_is_not_recorded_is_answered_and_not_stored(
    forests: Forests, script: Script
) -> None:
    answers = await script.ask_many(HI, n=2, record=False)
    assert [one.message for one in answers] == ["echo: hi", "echo: hi"]
    assert answers[0].usage.completion_tokens
    assert await conversations(forests) == []
    with pytest.raises(errors.ResponseNotFound):
        await forests.get_responses([answers[0].response_id])


async def test_a_failure_of_a_call_that_is_not_recorded_keeps_what_came(script: Script) -> None:
    run = await script._forests.record(script.call(HI, record=False, model_name="scripted/fail-2"))
    events = [event async for batch in run.follow() for event in batch]
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, errors.SamplingError)
    assert ended.response.partial


async def test_a_long_history_is_stored_once(script: Script) -> None:
    path = [
        Said(sender="assistant" if number % 2 else "human", message=f"turn {number}")
        for number in range(1_001)
    ]
    first = await script.ask(*path)
    await script.ask(*path)
    await script.ask(*path[:501])
    forest = await script.forest(first.conversation_id)
    assert len(forest) == 1_001 + 3


async def test_a_purged_conversation_leaves_no_traces(forests: Forests, script: Script) -> None:
    answer = await script.ask(HI, conversation="study")
    await forests.delete_conversation("delete", answer.conversation_id)
    await forests.purge_conversation("purge", answer.conversation_id)
    again = await script.ask(HI, conversation="study")
    assert again.conversation_id != answer.conversation_id


async def test_the_conversation_of_a_group_can_be_asked_for(
    forests: Forests, script: Script
) -> None:
    answer = await script.ask(HI, conversation="study", title="A study")
    found = await forests.recorded_conversation(scope_of("key"), "study")
    assert found == answer.conversation_id
    assert (await forests.get_conversation(found)).title == "A study"
    assert await forests.recorded_conversation(scope_of("another"), "study") is None
    await forests.delete_conversation("delete", found)
    assert await forests.recorded_conversation(scope_of("key"), "study") is None


@pytest.mark.parametrize(
    "name", ["plain", "100%25", "café", "two\nlines", " edge", "UTF-8''caf%C3%A9"]
)
def test_any_name_can_be_said_in_a_header(name: str) -> None:
    header = header_of(name)
    assert header.isascii()
    assert header.isprintable()
    assert name_in(header) == name


def test_the_key_is_not_in_its_scope() -> None:
    assert scope_of("a") != scope_of("b")
    assert b"secret" not in scope_of("secret")


def test_a_token_names_its_response_and_nothing_else_is_one() -> None:
    assert response_in(token_of("id")) == "id"
    assert response_in("gAAAA of another provider") == ""
