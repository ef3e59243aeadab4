"""The tree of errors."""

from __future__ import annotations

import re

import pytest

from grok_tree import errors
from grok_tree.errors import (
    GrokTreeError,
    InvalidOperationError,
    NotFoundError,
    RateLimited,
    ResponseNotFound,
    SamplingInterrupted,
    error_classes,
)

CLASSES = error_classes()
LEAVES = [cls for cls in CLASSES if not cls.__subclasses__()]


def test_the_walk_finds_every_class_of_the_module() -> None:
    in_module = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, GrokTreeError)
    }

    assert set(CLASSES) == in_module


def test_the_walk_has_parents_before_children() -> None:
    for place, cls in enumerate(CLASSES[1:], start=1):
        assert cls.__mro__[1] in CLASSES[:place]


def test_the_walk_can_begin_at_a_family() -> None:
    assert error_classes(NotFoundError)[0] is NotFoundError
    assert ResponseNotFound in error_classes(NotFoundError)
    assert InvalidOperationError not in error_classes(NotFoundError)


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [cls.code for cls in CLASSES]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_is_documented_in_the_drawing(cls: type[GrokTreeError]) -> None:
    assert errors.__doc__ is not None
    assert cls.__doc__
    assert re.search(rf"\b{cls.__name__}\b", errors.__doc__)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_prints_its_message_alone(cls: type[GrokTreeError]) -> None:
    error = cls("what was tried; what to do next", response_id="r1")

    assert str(error) == error.message == "what was tried; what to do next"
    assert error.details == {"response_id": "r1"}


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [
        ("InvalidOperationError", ValueError),
        ("NotFoundError", KeyError),
        ("ConversationDeletedError", RuntimeError),
        ("ConnectionFailedError", ConnectionError),
        ("DeadlineExceededError", TimeoutError),
        ("AccessError", PermissionError),
        ("FormatError", ValueError),
    ],
)
def test_code_that_catches_the_built_in_keeps_working(cls: str, builtin: type[Exception]) -> None:
    assert issubclass(getattr(errors, cls), builtin)


def test_ids_are_attributes() -> None:
    error = ResponseNotFound("gone", response_id="r1", conversation_id="c1")

    assert (error.response_id, error.conversation_id) == ("r1", "c1")


def test_an_error_about_no_response_names_none() -> None:
    error = GrokTreeError("failed")

    assert (error.response_id, error.conversation_id, error.details) == (None, None, {})


def test_details_that_are_not_known_are_left_out() -> None:
    assert GrokTreeError("failed", response_id=None, size=3).details == {"size": 3}


def test_an_error_raised_here_has_no_grpc_status() -> None:
    assert GrokTreeError("failed").grpc_status is None


def test_a_sampling_error_carries_what_was_kept() -> None:
    error = SamplingInterrupted("cut", response_id="r1", partial="so far")

    assert (error.response_id, error.partial) == ("r1", "so far")


def test_a_sampling_error_that_kept_nothing_has_an_empty_text() -> None:
    assert SamplingInterrupted("cut").partial == ""


def test_a_rate_limit_tells_how_long_to_wait() -> None:
    assert RateLimited("wait", retry_after_s="1.5").retry_after_s == 1.5


def test_a_rate_limit_may_not_know_how_long() -> None:
    assert RateLimited("wait").retry_after_s is None
