"""Merging loses nothing, adds nothing twice, and says where two sides differ."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from grok_tree.forest import (
    MarkChange,
    Marks,
    Response,
    Settings,
    TokenLogprob,
)
from grok_tree.formats import Document, NativeDocument, mended, read
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, Merged, SampleCommand, World, open_forests
from grok_tree.store import Store
from grok_tree.testing import forest_of
from tests.unit.service.conftest import share_url

pytestmark = pytest.mark.anyio

SAMPLE = Path(__file__).parents[2] / "data" / "trees" / "chatgpt" / "branching_small.json"
LATER = datetime(2030, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def other_forests(folder: Path) -> AsyncIterator[Forests]:
    store = Store.open(folder / "there.db")
    world = World(store, SamplerRegistry([ScriptedSampler()]), "scripted/echo", share_url)
    async with open_forests(world) as opened:
        yield opened
    store.close()


async def document_of(forests: Forests, conversation_id: str) -> Document:
    conversation = await forests.get_conversation(conversation_id)
    return Document(conversation, await stored(forests, conversation_id), "native")


def chain(*messages: str, title: str = "chain") -> Document:
    """Return a conversation of one path, with the same ids every time."""
    forest = forest_of(">".join(messages), title=title)
    return mended(NativeDocument(forest.conversation, list(forest)))


async def stored(forests: Forests, conversation_id: str) -> list[Response]:
    found = [page.responses async for page in forests.iter_changes(conversation_id, 0)]
    return sorted((one for some in found for one in some), key=lambda one: one.position)


def changed(document: Document, number: int, **fields: object) -> Document:
    responses = list(document.responses)
    responses[number] = msgspec.structs.replace(responses[number], **fields)
    return Document(document.conversation, responses, document.format, logprobs=document.logprobs)


async def test_what_comes_is_stored_as_it_is(forests: Forests) -> None:
    document = chain("a", "b", "c")
    merged = await forests.merge(document)
    assert merged == Merged(
        conversation_id=document.conversation.conversation_id, n_added=3, is_new=True
    )
    kept = await stored(forests, merged.conversation_id)
    assert kept == [msgspec.structs.replace(one, revision=2) for one in document.responses]


async def test_the_same_twice_changes_nothing_not_even_the_revision(forests: Forests) -> None:
    for document in read(SAMPLE):
        first = await forests.merge(document)
        before = await forests.get_conversation(first.conversation_id)
        again = await forests.merge(document)
        assert (again.n_added, again.n_united, again.is_new) == (0, first.n_added, False)
        assert await forests.get_conversation(first.conversation_id) == before


async def test_a_newer_export_adds_only_what_is_new(forests: Forests) -> None:
    await forests.merge(chain("a", "b"))
    longer = chain("a", "b", "c", title="renamed")
    newer = msgspec.structs.replace(longer.conversation, modify_time=LATER)
    merged = await forests.merge(Document(newer, longer.responses, "native"))
    assert (merged.n_added, merged.n_united, merged.is_new) == (1, 2, False)
    assert (await forests.get_conversation(merged.conversation_id)).title == "renamed"


async def test_taking_over_marks_does_not_make_what_is_here_newer(forests: Forests) -> None:
    document = chain("a", "b")
    old = datetime(2020, 1, 1, tzinfo=UTC)
    first = msgspec.structs.replace(document.conversation, modify_time=old)
    home = (await forests.merge(Document(first, document.responses, "native"))).conversation_id
    for year, title in ((2021, "first"), (2022, "second")):
        then = datetime(year, 1, 1, tzinfo=UTC)
        marked = changed(document, 0, marks=Marks(note=title, times={"note": then}))
        newer = msgspec.structs.replace(document.conversation, title=title, modify_time=then)
        merged = await forests.merge(Document(newer, marked.responses, "native"))
        assert merged.n_remarked == 1
        now = await forests.get_conversation(home)
        assert (now.title, now.modify_time) == (title, then)


async def test_an_older_export_takes_nothing_back(forests: Forests) -> None:
    longer = chain("a", "b", "c", title="renamed")
    newer = msgspec.structs.replace(longer.conversation, modify_time=LATER)
    home = (await forests.merge(Document(newer, longer.responses, "native"))).conversation_id
    before = await forests.get_conversation(home)
    await forests.merge(chain("a", "b"))
    assert await forests.get_conversation(home) == before


async def test_of_two_that_differ_under_one_id_both_stay_and_are_named(forests: Forests) -> None:
    document = chain("a", "b", "c")
    home = (await forests.merge(document)).conversation_id
    other = changed(document, 1, message="B")
    merged = await forests.merge(other)
    (conflict, below) = merged.conflicts
    assert conflict.response_id == document.responses[1].response_id
    kept = {one.response_id: one for one in await stored(forests, home)}
    assert [one.message for one in kept.values()] == ["a", "b", "c", "B", "c"]
    assert conflict.kept_as is not None
    assert below.kept_as is not None
    assert kept[below.kept_as].parent_response_id == conflict.kept_as
    again = await forests.merge(other)
    assert (again.n_added, again.conflicts) == (0, ())


async def test_two_sides_that_differ_have_the_same_after_merging_each_into_the_other(
    forests: Forests, tmp_path: Path
) -> None:
    ours = chain("a", "b", "c")
    home = (await forests.merge(ours)).conversation_id
    async with other_forests(tmp_path) as there:
        await there.merge(changed(ours, 1, message="B"))
        await forests.merge(await document_of(there, home))
        for _ in range(2):
            await there.merge(await document_of(forests, home))
            await forests.merge(await document_of(there, home))
        for one in (forests, there):
            assert sorted(one.message for one in await stored(one, home)) == [
                "B",
                "a",
                "b",
                "c",
                "c",
            ]


async def test_an_id_of_another_conversation_does_not_stop_anything(forests: Forests) -> None:
    document = chain("a", "b")
    await forests.merge(document)
    elsewhere = msgspec.structs.replace(
        document.conversation,
        conversation_id="01900000-0000-7000-8000-0000000000ff",
    )
    merged = await forests.merge(Document(elsewhere, document.responses, "native"))
    assert (merged.n_added, len(merged.conflicts), merged.is_new) == (2, 2, True)
    kept = await stored(forests, merged.conversation_id)
    assert [one.message for one in kept] == ["a", "b"]


async def test_marks_are_those_of_the_latest_time(forests: Forests) -> None:
    document = chain("a", "b")
    home = (await forests.merge(document)).conversation_id
    first, second = (one.response_id for one in document.responses)
    await forests.mark_response("1", first, MarkChange(note="here", add_tags=("x",)))
    await forests.mark_response("2", second, MarkChange(starred=True))
    theirs = Marks(note="there", tags=("y",), times={"note": LATER, "tag:y": LATER})
    merged = await forests.merge(changed(document, 0, marks=theirs))
    assert (merged.n_remarked, merged.n_united) == (1, 2)
    one, two = await stored(forests, home)
    assert (one.marks.note, one.marks.tags, two.marks.starred) == ("there", ("x", "y"), True)
    old = Marks(note="old", times={"note": LATER - timedelta(days=9_000)})
    assert (await forests.merge(changed(document, 0, marks=old))).n_remarked == 0


async def test_below_what_was_deleted_here_nothing_is_added_silently(forests: Forests) -> None:
    document = chain("a", "b")
    await forests.merge(document)
    await forests.delete_response("1", document.responses[1].response_id)
    merged = await forests.merge(chain("a", "b", "c"))
    (conflict,) = merged.conflicts
    assert (conflict.kept_as, merged.n_added) == (None, 0)
    assert "deleted here" in conflict.why


async def test_what_was_deleted_here_with_what_it_answers_comes_again_in_silence(
    forests: Forests,
) -> None:
    document = chain("a", "b", "c", "d")
    await forests.merge(document)
    await forests.delete_response("1", document.responses[1].response_id)
    merged = await forests.merge(document)
    assert (merged.n_added, merged.n_united, merged.conflicts) == (0, 4, ())


async def test_a_deleted_conversation_is_refused_by_name(forests: Forests) -> None:
    document = chain("a")
    home = (await forests.merge(document)).conversation_id
    await forests.delete_conversation("1", home)
    assert "restore() it first" in (await forests.merge(document)).refusal


async def test_what_breaks_a_rule_is_refused_and_leaves_nothing(forests: Forests) -> None:
    document = changed(chain("a", "b"), 1, settings=Settings(temperature=-1.0))
    assert "temperature is -1" in (await forests.merge(document)).refusal
    assert not (await forests.list_conversations()).conversations


async def test_a_graft_hangs_below_a_response_once(forests: Forests) -> None:
    home = (await forests.merge(chain("a", "b"))).conversation_id
    top = (await stored(forests, home))[0]
    (document, *_) = read(SAMPLE)
    for n_added in (len(document.responses), 0):
        merged = await forests.merge(document, under=top.response_id)
        assert (merged.conversation_id, merged.n_added) == (home, n_added)
    kept = await stored(forests, home)
    below = [one for one in kept if one.parent_response_id == top.response_id]
    assert [one.message for one in below] == ["b", document.responses[0].message]


async def test_a_graft_below_nothing_is_refused(forests: Forests) -> None:
    gone = "01900000-0000-7000-8000-0000000000ff"
    assert gone in (await forests.merge(chain("a"), under=gone)).refusal


async def test_log_probabilities_come_along(forests: Forests) -> None:
    document = chain("a", "b")
    answer = document.responses[1].response_id
    tokens = (TokenLogprob("b", -0.5),)
    given = Document(document.conversation, document.responses, "native", logprobs={answer: tokens})
    await forests.merge(given)
    assert tuple(await forests.get_logprobs(answer)) == tokens


async def test_an_imported_turn_is_sampled_on(forests: Forests) -> None:
    (document, *_) = read(SAMPLE)
    home = (await forests.merge(document)).conversation_id
    asked = next(one for one in document.responses if one.sender == "human")
    run = await forests.sample(
        SampleCommand(request_id="1", conversation_id=home, parent_response_id=asked.response_id)
    )
    async for _ in run.follow():
        pass
    kept = await stored(forests, home)
    assert len(kept) == len(document.responses) + 1
    assert kept[-1].parent_response_id == asked.response_id
