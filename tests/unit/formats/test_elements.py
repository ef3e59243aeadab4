"""The elements of one long array: exact whatever is in it, and read a piece at a time."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import MalformedDocument
from grok_tree.formats._elements import PIECE_BYTES, iter_elements
from tests.patience import MINUTE_S

PIECES = st.integers(1, 80)
TRICKS = st.sampled_from(
    ['"', "\\", '\\"', "{", "}", "[", "]", ",", ":", '},{"a":1', '{"id":', "\\u0022", "\n", "é"]
)
TEXTS = st.text(max_size=5) | st.lists(TRICKS, max_size=5).map("".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["a", "id"]) | TEXTS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
ALIKE = st.lists(
    st.fixed_dictionaries({"id": TEXTS, "a": VALUES}, optional={"b": VALUES}), max_size=9
)
"""Arrays of objects of one kind, which are cut the quick way."""
SPELLINGS = st.fixed_dictionaries(
    {
        "indent": st.none() | st.integers(0, 3),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" \n,\t", " : ")]),
    }
)


def spelled(value: Any, spelling: dict[str, Any]) -> bytes:
    """Return JSON in some spelling, without what UTF-8 cannot say."""
    return json.dumps(value, **spelling).encode("utf-8", "replace")


def found(data: bytes, key: str | None = None, piece_bytes: int = 7) -> list[Any]:
    """Return what stands in an array."""
    elements = iter_elements(io.BytesIO(data), key, piece_bytes=piece_bytes)
    return [json.loads(element) for element in elements]


def cut_off(data: bytes, piece_bytes: int) -> tuple[list[bytes], str]:
    """Return the elements before an error, and what it says."""
    elements: list[bytes] = []
    with pytest.raises(MalformedDocument) as caught:
        elements.extend(iter_elements(io.BytesIO(data), piece_bytes=piece_bytes))
    return elements, str(caught.value)


@given(st.lists(VALUES, max_size=6) | ALIKE, SPELLINGS, PIECES)
def test_elements_are_those_of_any_json_reader(
    array: list[Any], spelling: dict[str, Any], piece_bytes: int
) -> None:
    data = spelled(array, spelling)
    assert found(data, None, piece_bytes) == json.loads(data)


@given(st.dictionaries(TEXTS, VALUES, max_size=3), ALIKE, SPELLINGS, PIECES, st.booleans())
def test_an_array_under_a_key_is_found_among_other_values(
    others: dict[str, Any],
    array: list[Any],
    spelling: dict[str, Any],
    piece_bytes: int,
    first: bool,
) -> None:
    wanted = {"the key": array}
    data = spelled(wanted | others if first else others | wanted, spelling)
    assert found(data, "the key", piece_bytes) == json.loads(data)["the key"]


@given(ALIKE, SPELLINGS, PIECES, st.data())
def test_a_file_that_was_cut_yields_what_is_whole_and_says_so(
    array: list[Any], spelling: dict[str, Any], piece_bytes: int, data: st.DataObject
) -> None:
    whole = spelled(array, spelling).strip()
    cut = data.draw(st.integers(0, len(whole) - 1))
    elements, said = cut_off(whole[:cut], piece_bytes)
    assert [json.loads(one) for one in elements] == json.loads(whole)[: len(elements)]
    assert "cut" in said or "empty" in said


@given(ALIKE, PIECES, st.sampled_from([b"]", b",", b"x", b"[]", b"{}", b"\0", b"\n]"]))
def test_what_follows_the_array_is_told(array: list[Any], piece_bytes: int, more: bytes) -> None:
    elements, said = cut_off(spelled(array, {}) + more, piece_bytes)
    assert [json.loads(one) for one in elements] == json.loads(spelled(array, {}))
    assert said == "something follows after its end: it is two files in one"


@given(st.lists(VALUES, max_size=4), PIECES)
def test_a_byte_order_mark_and_blanks_are_no_part_of_it(array: list[Any], piece_bytes: int) -> None:
    data = spelled(array, {})
    marked = b"\xef\xbb\xbf \n\t" + data + b" \n"
    assert found(marked, None, piece_bytes) == json.loads(data)


def test_one_object_is_an_array_of_it() -> None:
    assert found(b' \xef\xbb\xbf{"a": 1}'[1:]) == [{"a": 1}]


@pytest.mark.parametrize(
    ("data", "key", "said"),
    [
        (b"", None, "it is empty"),
        (b" \n", "a", "it is empty"),
        (b"12", None, "it is no JSON array"),
        (b"[1]", "a", "it is no object with 'a'"),
        (b'{"b": [1]}', "a", "it is no object with an array 'a'"),
        (b'{"a": {"a": [1]}}', "a", "it is no object with an array 'a'"),
        (b'{"a": [1]', "a", "it ends in the middle: it was cut, so copy or export it again"),
        (b'{"a": [1]} 1', "a", "something follows after its end: it is two files in one"),
        (b'{"a" 1}', "a", "it cannot be read: JSON is malformed: trailing characters (byte 5)"),
        (b"{1: 2}", "a", "it cannot be read: Expected `str`, got `int`"),
        (b"[,1]", None, "it cannot be read: b',' stands where a value is due"),
        (b"[1,,2]", None, "it cannot be read: b',' stands where a value is due"),
        (b"[1}", None, "it cannot be read: b'}' stands where b',' is due"),
        (b"[1:2]", None, "it cannot be read: b':' stands where b',' is due"),
    ],
)
def test_what_is_no_such_array_is_refused_by_name(data: bytes, key: str | None, said: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        list(iter_elements(io.BytesIO(data), key, piece_bytes=3))
    assert str(caught.value) == said


def test_an_element_that_is_broken_inside_does_not_touch_the_others() -> None:
    data = b'[{"id": 1}, {"id": NaN}, {"id": "\xff"}, {"id": 4}]'
    elements = list(iter_elements(io.BytesIO(data), piece_bytes=5))
    assert elements == [b'{"id": 1}', b'{"id": NaN}', b'{"id": "\xff"}', b'{"id": 4}']


HARD: dict[str, Callable[[], bytes]] = {
    "one long text": lambda: b'["' + b"x" * 24_000_000 + b'"]',
    "one long text of escapes": lambda: b'["' + rb"\"\\" * 6_000_000 + b'"]',
    "an open quote": lambda: b'["' + b"\\" * 24_000_001,
    "brackets in texts": lambda: b'[{"a":"' + b"}{[,{" * 4_800_000 + b'"}]',
    "deep": lambda: b"[" * 12_000_000 + b"]" * 12_000_000,
    "deep and open": lambda: b'[{"a":' + b"[" * 24_000_000,
    "flat pairs": lambda: b"[[" + b"[]," * 8_000_000 + b"[]]]",
    "short steps": lambda: b"[[" + b"[[]],[[[[[[]]]]]]," * 1_200_000 + b"[]]]",
    "stairs": lambda: b"[[" + b"".join(map(_stair, range(1, 1_600))) * 8 + b"1]]",
    "pyramids": lambda: b"[[" + _stair(100_000) * 120 + b"1]]",
    "short texts": lambda: b"[[" + b'"",' * 8_000_000 + b'""]]',
    "nested alike": lambda: b'[{"a":1,"b":[' + b'{"a":1,"b":2},' * 1_600_000 + b"0]},{}]",
    "blanks": lambda: b"[" + b" " * 24_000_000 + b"1]",
    "openings": lambda: b'[{"a":1},' + b'{"a":' * 4_800_000,
    "a bad one among many": lambda: b"[" + b'{"a":1},' * 100_000 + b'{"a":NaN},{"a":1},{}]',
}
"""So long that looking again at what was passed takes minutes, in a piece or in the file."""


def _stair(n: int) -> bytes:
    return b"[" * n + b"]" * n + b","


def read_all(data: bytes, piece_bytes: int = PIECE_BYTES) -> None:
    for _ in iter_elements(io.BytesIO(data), piece_bytes=piece_bytes):
        pass


@pytest.mark.timeout(MINUTE_S)
@pytest.mark.parametrize("name", HARD)
def test_time_is_linear_whatever_is_in_it(name: str) -> None:
    cut = name in ("an open quote", "deep and open", "openings")
    with pytest.raises(MalformedDocument) if cut else nullcontext():
        read_all(HARD[name]())


IN_PIECES: dict[str, Callable[[], bytes]] = {
    "text": lambda: b'["' + b"x" * 3_000_000 + b'"]',
    "escapes": lambda: b'["' + rb"\"\\" * 750_000 + b'"]',
    "brackets": lambda: b"[" * 300_000 + b"]" * 300_000,
    "blanks": lambda: b"[" + b" " * 24_000_000 + b"1]",
}


@pytest.mark.timeout(MINUTE_S)
@pytest.mark.parametrize("name", IN_PIECES)
def test_time_is_linear_in_the_number_of_pieces(name: str) -> None:
    read_all(IN_PIECES[name](), piece_bytes=256)


def test_memory_is_that_of_the_largest_element() -> None:
    element = b'{"id": 1, "text": "' + b"x" * 300_000 + b'"}'
    data = b"[" + b",".join([element] * 100) + b"]"
    file = io.BytesIO(data)
    tracemalloc.start()
    n_found = sum(1 for _ in iter_elements(file, piece_bytes=1 << 20))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_found == 100
    assert peak < 6_000_000
