"""The rules of the forest."""

from __future__ import annotations

import math
from itertools import product
from typing import get_args

import msgspec
import pytest

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    CONSEQUENCES,
    MAX_SIBLINGS,
    Consequence,
    Response,
    Sender,
    Settings,
    check_settings,
    check_turn,
    consequence,
    resample_parent,
)
from grok_tree.testing import forest_of

MODEL = forest_of("question>answer")["answer"]
HUMAN = forest_of("question>answer")["question"]


def sent_by(sender: Sender) -> Response:
    return msgspec.structs.replace(MODEL, sender=sender)


def test_the_table_has_a_consequence_for_every_case() -> None:
    assert set(CONSEQUENCES) == set(product(["resample", "replace"], [False, True]))


def test_every_consequence_occurs_in_the_table() -> None:
    assert set(CONSEQUENCES.values()) == set(get_args(Consequence))


@pytest.mark.parametrize("sender", ["human", "system", "tool"])
def test_only_a_models_response_can_be_resampled(sender: Sender) -> None:
    with pytest.raises(InvalidOperationError, match="cannot be resampled; replace") as caught:
        resample_parent(sent_by(sender))

    assert caught.value.response_id == "answer"


def test_a_resample_answers_the_same_parent() -> None:
    assert resample_parent(MODEL) == "question"


def test_a_models_root_cannot_be_resampled() -> None:
    root = msgspec.structs.replace(MODEL, parent_response_id=None)

    with pytest.raises(InvalidOperationError, match="is a root: there is nothing before it"):
        resample_parent(root)


def test_replacing_a_human_response_makes_a_human_sibling() -> None:
    assert consequence("replace", HUMAN) == "human_sibling"


def test_replacing_a_models_response_makes_a_sibling_by_hand() -> None:
    assert consequence("replace", MODEL) == "manual_sibling"


@pytest.mark.parametrize("parent", [None, ""])
def test_an_empty_message_needs_a_parent(parent: str | None) -> None:
    with pytest.raises(InvalidOperationError, match="an empty message samples below a parent"):
        check_turn("", parent, 1)


def test_an_empty_message_below_a_parent_is_legal() -> None:
    check_turn("", "question", 1)


def test_a_message_without_a_parent_is_legal() -> None:
    check_turn("hello", None, 1)


def test_a_message_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(InvalidOperationError, match=r"the message holds U\+0000"):
        check_turn("a\0", None, 1)


@pytest.mark.parametrize("n", [1, MAX_SIBLINGS])
def test_the_number_of_siblings_reaches_from_one_to_the_limit(n: int) -> None:
    check_turn("hello", None, n)


@pytest.mark.parametrize("n", [-1, 0, MAX_SIBLINGS + 1])
def test_a_number_of_siblings_out_of_range_is_refused(n: int) -> None:
    with pytest.raises(InvalidOperationError, match=f"n is {n}; ask for 1 to 256 siblings"):
        check_turn("hello", None, n)


LEGAL = {
    "temperature": [0.0, 0.7, 1e6],
    "top_p": [1e-9, 1.0],
    "min_p": [0.0, 1.0],
    "top_k": [0, 2**31 - 1],
    "max_tokens": [1, 2**31 - 1],
    "seed": [0, 2**63 - 1],
    "top_logprobs": [0, 20],
}
ILLEGAL = {
    "temperature": [-0.1, math.inf, math.nan],
    "top_p": [0.0, -1.0, 1.1, math.nan],
    "min_p": [-0.1, 1.1],
    "top_k": [-1, 2**31],
    "max_tokens": [0, -5, 2**31],
    "seed": [-1, 2**63],
    "top_logprobs": [-1, 21],
}


def cases(table: dict[str, list[float]]) -> list[tuple[str, float]]:
    return [(name, value) for name, values in table.items() for value in values]


def settings_of(name: str, value: float) -> Settings:
    return msgspec.structs.replace(Settings(), **{name: value})


def test_settings_that_leave_everything_open_are_legal() -> None:
    check_settings(Settings())


@pytest.mark.parametrize(("name", "value"), cases(LEGAL))  # type: ignore[arg-type]
def test_a_setting_in_its_range_is_legal(name: str, value: float) -> None:
    check_settings(settings_of(name, value))


@pytest.mark.parametrize(("name", "value"), cases(ILLEGAL))  # type: ignore[arg-type]
def test_a_setting_out_of_its_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidOperationError, match=f"^{name} is .*; it must be"):
        check_settings(settings_of(name, value))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (Settings(top_p=0.0), "top_p is 0.0; it must be above 0.0 and at most 1.0"),
        (Settings(temperature=-1.0), "temperature is -1.0; it must be at least 0.0"),
    ],
    ids=["open and bounded", "closed and unbounded"],
)
def test_the_refusal_tells_the_range(settings: Settings, sentence: str) -> None:
    with pytest.raises(InvalidOperationError) as caught:
        check_settings(settings)

    assert str(caught.value) == sentence


def test_stop_texts_are_legal() -> None:
    check_settings(Settings(stop=("\n", "end")))


def test_an_empty_stop_text_is_refused() -> None:
    with pytest.raises(InvalidOperationError, match="a stop text is empty; leave it out"):
        check_settings(Settings(stop=("end", "")))


def test_a_stop_text_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(InvalidOperationError, match=r"the stop text holds U\+0000"):
        check_settings(Settings(stop=("\0",)))
