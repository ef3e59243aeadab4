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
