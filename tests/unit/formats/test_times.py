"""Times as other programs write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.formats._times import from_iso, from_milliseconds, from_seconds

READERS = (from_seconds, from_milliseconds, from_iso)


@pytest.mark.parametrize("read", READERS)
@given(
    value=st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=30)
    | st.from_regex(r"-?[0-9]{1,400}(\.[0-9]+)?", fullmatch=True)
    | st.none()
    | st.booleans()
)
def test_what_is_no_time_is_none(read: Callable[[object], datetime | None], value: object) -> None:
    time = read(value)
    assert time is None or time.tzinfo is UTC


def test_the_same_time_is_read_from_every_form() -> None:
    time = datetime(2025, 3, 1, 10, 7, 5, 42_000, tzinfo=UTC)
    assert from_milliseconds(1740823625042) == time
    assert from_milliseconds("1740823625042") == time
    assert from_seconds(1740823625.042) == time
    assert from_iso("2025-03-01T10:07:05.042Z") == time
