"""Ids are UUIDv7, as text or as 16 bytes."""

from __future__ import annotations

from uuid import UUID

import pytest

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import id_bytes, id_text, uuid7_text

ALL_RANDOM = (1 << 74) - 1


@pytest.mark.parametrize("random_bits", [0, 1, 1 << 62, ALL_RANDOM])
def test_every_id_is_a_version_7_uuid_of_the_standard_variant(random_bits: int) -> None:
    made = UUID(uuid7_text(1_767_225_600_000, random_bits))

    assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_the_layout_is_that_of_the_standard() -> None:
    # The example of RFC 9562, appendix A.6.
    random_bits = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    assert uuid7_text(0x017F22E279B0, random_bits) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_ids_of_a_later_millisecond_sort_after_earlier_ones() -> None:
    assert uuid7_text(1_000, ALL_RANDOM) < uuid7_text(1_001, 0)


@pytest.mark.parametrize("bits", [0, (1 << 62) - 1, 1 << 62, ALL_RANDOM - 1])
def test_ids_of_one_millisecond_sort_by_their_random_bits(bits: int) -> None:
    assert uuid7_text(1_000, bits) < uuid7_text(1_000, bits + 1)


def test_text_and_bytes_are_the_same_id() -> None:
    text = uuid7_text(1_767_225_600_000, 12345)

    assert len(id_bytes(text)) == 16
    assert id_text(id_bytes(text)) == text


@pytest.mark.parametrize("text", ["", "a", "0192f0c1", "zzzzzzzz-2345-7abc-8def-0123456789ab"])
def test_what_is_no_uuid_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidOperationError, match="is not an id; ids look like 0192f0c1-"):
        id_bytes(text)
