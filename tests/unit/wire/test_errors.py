"""Every class of the tree has a status and comes back as itself."""

from __future__ import annotations

import pytest

from grok_tree.errors import GrokTreeError, RateLimited, ServerUnavailable, error_classes
from grok_tree.wire import (
    ERROR_KEY,
    error_from_call,
    error_from_wire,
    error_to_wire,
    pb,
    status_of,
)


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
def test_a_class_comes_back_as_itself_with_its_details(cls: type[GrokTreeError]) -> None:
    error = cls("what happened", response_id="r", size=3, retry_after_s=1.5)
    trailers = [(ERROR_KEY, error_to_wire(error).SerializeToString())]
    back = error_from_call(status_of(error), "text", trailers, address="host:1")
    assert type(back) is cls
    assert (back.message, back.details) == (error.message, error.details)
    assert back.grpc_status == status_of(error)


def test_codes_are_unique() -> None:
    codes = [cls.code for cls in error_classes()]
    assert len(codes) == len(set(codes))


def test_a_code_of_a_newer_server_becomes_its_family() -> None:
    detail = pb.ErrorDetail(code="brand_new", message="m")
    assert isinstance(error_from_wire(detail, "NOT_FOUND"), KeyError)


def test_no_answer_names_the_address_and_the_next_step() -> None:
    error = error_from_call("UNAVAILABLE", "connection refused", [], address="host:1")
    assert isinstance(error, ServerUnavailable)
    assert "host:1" in error.message
    assert "grok-tree serve" in error.message


def test_a_wait_comes_back_in_seconds() -> None:
    back = error_from_wire(error_to_wire(RateLimited("later", retry_after_s=2.5)))
    assert isinstance(back, RateLimited)
    assert back.retry_after_s == 2.5


def test_a_detail_may_be_a_larger_number_than_the_message_holds() -> None:
    back = error_from_wire(error_to_wire(GrokTreeError("what happened", size=2**64 - 1)))
    assert back.details == {"size": float(2**64 - 1)}
