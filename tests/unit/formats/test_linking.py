"""The repair rules, where files of one format do not show them all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from grok_tree.forest import MAX_FIELD_BYTES, MAX_RAW_BYTES, NO_TIME, Attachment, Marks, ToolCall
from grok_tree.formats import Document, SourceConversation, SourceNode, node
from grok_tree.formats._linking import linked
from grok_tree.formats._source import chained
from tests.unit.formats._sound import check_sound

LONG = "é" * MAX_FIELD_BYTES


def document(*nodes: SourceNode, key: str | None = "c") -> Document:
    """Link nodes and check what comes of it."""
    found = SourceConversation(nodes=list(nodes), key=key)
    made = linked(found, format_name="test", index=0, file="")
    check_sound(made)
    return made


def test_of_one_id_the_first_in_the_file_keeps_it_wherever_it_comes_to_stand() -> None:
    """The second stands before the first, which has to wait for its parent."""
    made = document(
        node("assistant", "first", key="a", parent="root"),
        node("human", "second", key="a"),
        node("human", "below", key="root"),
    )
    assert [one.message for one in made.responses] == ["second", "below", "first"]
    assert made.repair_counts == {"duplicate_id": 1}
    alone = document(node("assistant", "first", key="a", parent="root"), node("human", "", key="a"))
    assert alone.responses[0].response_id == made.responses[2].response_id


def test_a_time_outside_of_all_years_is_none() -> None:
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    (one,) = document(node("human", "x", key="a", create_time=first)).responses
    assert one.create_time == NO_TIME


def test_an_orphan_keeps_its_id() -> None:
    (made,) = document(node("human", "x", key="a", parent="gone")).responses
    (kept,) = document(node("human", "x", key="a")).responses
    assert made.response_id == kept.response_id


def test_what_is_too_long_for_its_field_is_cut_and_told() -> None:
    made = document(
        node(
            "assistant",
            "x",
            key=LONG,
            parent=LONG + "gone",
            model_name=LONG,
            attachments=(Attachment(url=LONG, name="kept"),),
            tool_calls=(ToolCall(call_id=LONG, name="f", arguments="é" * 200_000),),
            marks=Marks(tags=("kept", LONG), note=LONG),
            facts={LONG: LONG},
            repairs=[f"odd: {LONG}"],
            raw=f'"{LONG}{LONG}"',
        )
    )
    (one,) = made.responses
    assert made.repair_counts == {"field_cut": 4, "odd": 1, "orphan": 1, "raw_cut": 1}
    assert one.model_name == LONG[: MAX_FIELD_BYTES // 2]
    assert one.attachments[0].name == "kept"
    assert one.tool_calls[0].arguments == "é" * 200_000
    assert one.marks.tags[0] == "kept"


def test_what_has_no_field_is_kept_up_to_a_limit_of_its_own() -> None:
    raw = f'"{"x" * (MAX_RAW_BYTES - 2)}"'
    (one,) = document(node("human", "x", raw=raw)).responses
    assert (one.origin.raw, one.origin.repairs) == (raw, ())


def test_characters_that_cannot_be_stored_are_replaced_in_every_field() -> None:
    bad = "a\0b\ud800"
    good = "a\ufffdb\ufffd"
    made = document(
        node(
            "assistant",
            bad,
            key=bad,
            reasoning=bad,
            model_name=bad,
            query=bad,
            tool_calls=(ToolCall(call_id=bad, name=bad, arguments=bad),),
            marks=Marks(
                tags=(bad,), scores={bad: 1.0}, times={"note": datetime(2026, 1, 1, tzinfo=UTC)}
            ),
            facts={bad: bad},
            flags=(bad,),
            raw=bad,
        ),
        key=bad,
    )
    (one,) = made.responses
    assert (one.message, one.reasoning, one.model_name, one.query) == (good,) * 4
    assert one.tool_calls == (ToolCall(call_id=good, name=good, arguments=good),)
    assert one.marks.scores == {good: 1.0}
    assert one.origin.original_id == good
    assert one.origin.provenance == {good: good, "conversation": good}
    assert (one.origin.flags, one.origin.raw) == ((good,), good)


def test_the_id_of_a_conversation_in_its_file_is_kept_with_the_first_response() -> None:
    first, second = node("human", "a"), node("assistant", "b")
    found = SourceConversation(nodes=chained([first, second]), key="c-1")
    made = linked(found, format_name="x", index=0, file="")
    assert [one.origin.provenance for one in made.responses] == [{"conversation": "c-1"}, {}]
    found.key_made = True
    again = linked(found, format_name="x", index=0, file="")
    assert again.responses[0].origin.provenance == {}
