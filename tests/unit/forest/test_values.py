"""The values of a forest are immutable and say what they hold."""

from __future__ import annotations

import msgspec
import pytest

from grok_tree.forest import NAMED_PROMPTS, Conversation, Model, Response, Settings
from grok_tree.testing import CONVERSATION_ID, EPOCH, forest_of

RESPONSE = forest_of("a>b")["b"]


@pytest.mark.parametrize(
    "value",
    [
        RESPONSE,
        Settings(),
        Conversation(conversation_id=CONVERSATION_ID, create_time=EPOCH, modify_time=EPOCH),
    ],
    ids=["response", "settings", "conversation"],
)
def test_values_cannot_be_changed(value: msgspec.Struct) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        setattr(value, value.__struct_fields__[0], None)


def test_a_value_survives_a_round_trip_through_msgpack() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(RESPONSE), type=Response) == RESPONSE


def test_a_model_is_available_unless_something_is_missing() -> None:
    assert Model(name="scripted/echo").available
    assert not Model(name="local/x", unavailable_because="install grok-tree[local]").available


def test_the_original_fun_mode_has_its_prompt() -> None:
    assert NAMED_PROMPTS["fun"]


def test_a_response_shows_in_one_line_who_said_what_below_what() -> None:
    long = msgspec.structs.replace(RESPONSE, message="one\n two " * 40, model_name="scripted/echo")
    shown = repr(long)
    assert shown.startswith(f"<Response b below a, {RESPONSE.sender} scripted/echo: 'one two one ")
    assert shown.endswith("…'>")
    assert len(shown) < 130


def test_a_root_shows_that_it_answers_nothing() -> None:
    assert repr(forest_of("a")["a"]) == "<Response a, root, human: 'a'>"


def test_what_became_of_a_response_is_shown_with_it() -> None:
    cut = msgspec.structs.replace(RESPONSE, partial=True, finish_reason="failed", deleted=True)
    assert f"{RESPONSE.sender}, partial, failed, deleted: " in repr(cut)


def test_a_long_message_is_not_read_to_its_end_to_show_a_response() -> None:
    shown = repr(msgspec.structs.replace(RESPONSE, message=" " * 10_000 + "late"))
    assert "late" not in shown
    assert "…" in shown
