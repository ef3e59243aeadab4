"""Server-sent events, cut in every way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import SamplingInterrupted
from grok_tree.samplers.openai._stream import EventStream
from tests.patience import MINUTE_S

WHOLE = (
    b": a comment\n\n"
    b"event: message\ndata: one\nid: 7\n\n"
    b"data:two\r\n\r\n"
    b"data: three\rdata: lines\r\r"
    b"data\n\n"
    b"data:\n\n"
    b"retry: 5\nunknown: x\n\n"
    b"data: caf\xc3\xa9 \xf0\x9f\xa6\x94\n\n"
    b"data:  a space of its own\n\n"
    b"data: [DONE]\n\n"
)
EVENTS = [
    b"one",
    b"two",
    b"three\nlines",
    "café 🦔".encode(),
    b" a space of its own",
    b"[DONE]",
]


def read(*pieces: bytes) -> list[bytes]:
    stream = EventStream()
    found = [event for piece in pieces for event in stream.feed(piece)]
    return found + stream.end()


def test_all_forms_of_lines_are_read() -> None:
    assert read(WHOLE) == EVENTS


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_pieces_of_any_size_are_the_same(size: int) -> None:
    assert read(*(WHOLE[at : at + size] for at in range(0, len(WHOLE), size))) == EVENTS


def test_a_cut_anywhere_is_the_same() -> None:
    for at in range(len(WHOLE) + 1):
        assert read(WHOLE[:at], WHOLE[at:]) == EVENTS


def test_an_end_anywhere_gives_the_events_before_it_and_maybe_a_part_of_the_next() -> None:
    for at in range(len(WHOLE) + 1):
        found = read(WHOLE[:at])
        assert found[:-1] == EVENTS[: max(len(found) - 1, 0)]
        assert not found or EVENTS[len(found) - 1].startswith(found[-1])


@given(st.lists(st.integers(0, len(WHOLE))))
def test_many_cuts_are_the_same(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(WHOLE)]
    assert read(*(WHOLE[a:b] for a, b in pairwise(places))) == EVENTS


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_are_a_stream_and_the_cuts_do_not_matter(pieces: list[bytes]) -> None:
    assert read(*pieces) == read(b"".join(pieces))


LINES = st.sampled_from(
    [b"data: a", b"data:", b"data", b"", b": c", b"event: e", b"\xef\xbb\xbfdata: b", b"data: \xff"]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])


@given(st.lists(st.tuples(LINES, ENDS)), st.data())
def test_plausible_streams_are_the_same_whatever_the_cuts(
    lines: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    text = b"".join(line + end for line, end in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    places = [0, *cuts, len(text)]
    assert read(*(text[a:b] for a, b in pairwise(places))) == read(text)


def test_a_byte_order_mark_is_left_out() -> None:
    assert read(b"\xef\xbb\xbfdata: x\n\n") == [b"x"]


@pytest.mark.timeout(MINUTE_S)
def test_a_line_of_thirty_megabytes_is_read_in_linear_time() -> None:
    piece, n_pieces = b"x" * 100, 300_000
    assert read(b"data: ", *[piece] * n_pieces, b"\n\n") == [piece * n_pieces]


@pytest.mark.parametrize("piece", [b"x" * 100, b"data: x\n" * 10, b"data: " + b"x" * 200 + b"\n"])
def test_an_event_that_is_too_large_is_an_error_of_ours(piece: bytes) -> None:
    stream = EventStream(max_event_bytes=150)
    with pytest.raises(SamplingInterrupted, match="more than 150 bytes"):
        [stream.feed(piece) for _ in range(10)]


def test_many_small_events_are_not_a_large_one() -> None:
    stream = EventStream(max_event_bytes=50)
    for _ in range(100):
        assert stream.feed(b": long comment\ndata: some text\n\n") == [b"some text"]
