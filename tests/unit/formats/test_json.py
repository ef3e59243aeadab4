"""H3: JSON that no two readers agree on is mended in writing, or refused by name."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import MalformedDocument
from grok_tree.formats._json import NUMBER, SURROGATE, ZERO, decoded_json, raw_json
from tests.patience import MINUTE_S

BYTES = "text_replaced: bytes that are not UTF-8 were replaced by U+FFFD"
BAD = rb'"\ud800", '
"""Sets off the mending, which must then leave alone what is sound."""

MENDED: dict[str, tuple[bytes, Any, list[str]]] = {
    "byte order mark": (b"\xef\xbb\xbf[1]", [1], []),
    "U+0000": (rb'["a\u0000b"]', ["a\ufffdb"], [ZERO]),
    "U+0000 in a name": (rb'{"\u0000": 1}', {"\ufffd": 1}, [ZERO]),
    "no U+0000": (rb'["\\u0000"]', ["\\u0000"], []),
    "U+0000 after a backslash": (rb'["\\\u0000"]', ["\\\ufffd"], [ZERO]),
    "half a pair": (rb'["\ud83d"]', ["\ufffd"], [SURROGATE]),
    "second half": (rb'["\uDE00x"]', ["\ufffdx"], [SURROGATE]),
    "halves in the wrong order": (rb'["\ude00\ud83d"]', ["\ufffd\ufffd"], [SURROGATE]),
    "a half before a pair": (rb'["\ud83d\ud83d\ude00"]', ["\ufffd😀"], [SURROGATE]),
    "a pair": (rb'["\ud83d\ude00"]', ["😀"], []),
    "no half": (rb'["\\ud83d"]', ["\\ud83d"], []),
    "a half in bytes": (b'["\xed\xa0\xbd"]', ["\ufffd" * 3], [BYTES]),
    "bad UTF-8": (b'["a\xff\xfeb"]', ["a\ufffd\ufffdb"], [BYTES]),
    "cut UTF-8": (b'["\xe2\x82"]', ["\ufffd"], [BYTES]),
    "overlong UTF-8": (b'["\xc0\xaf"]', ["\ufffd\ufffd"], [BYTES]),
    "NaN": (b'[NaN, "NaN"]', ["NaN", "NaN"], [NUMBER]),
    "infinities": (b"[Infinity, -Infinity]", ["Infinity", "-Infinity"], [NUMBER]),
    "1e999": (b"[1e999, -1E+400]", ["1e999", "-1E+400"], [NUMBER]),
    "1e-999": (b"[1e-999]", [0.0], []),
    "5,000 digits": (b"[" + b"7" * 5_000 + b"]", ["7" * 5_000], [NUMBER]),
    "299 digits and an exponent": (
        b"[" + b"7" * 299 + b"e30]",
        ["7" * 299 + "e30"],
        [NUMBER],
    ),
    "sound numbers beside a broken text": (
        b"[" + BAD + b"0." + b"3" * 500 + b", 1e5, -12, 1.5e-7]",
        ["\ufffd", float("0." + "3" * 500), 1e5, -12, 1.5e-7],
        [SURROGATE],
    ),
    "a text that looks like numbers": (
        rb'[NaN, "\" NaN 1e999 ", "' + b"7" * 400 + b'"]',
        ["NaN", '" NaN 1e999 ', "7" * 400],
        [NUMBER],
    ),
    "one name twice": (b'{"a": 1, "a": 2}', {"a": 2}, []),
}

REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "two values": b"1 2",
    "U+0000 as a byte": b'["\0"]',
    "a line break in a text": b'["\n"]',
    "no such escape": rb'["\x41"]',
    "half an escape": rb'["\u00"]',
    "a zero in front": b"[01]",
    "a comment": b"[1] // one",
    "single quotes": b"['a']",
    "UTF-16": "[1]".encode("utf-16"),
    "a hexadecimal number": b"[0x10]",
    "an open text": b'["abc',
    "an open array": b"[[[",
    "a word": b"[nan]",
    "-": b"[-]",
}


@pytest.mark.parametrize("name", MENDED)
def test_what_can_be_mended_is_and_says_so(name: str) -> None:
    data, due, repairs = MENDED[name]
    told: list[str] = []
    assert decoded_json(data, Any, told) == due
    assert told == repairs
    msgspec.json.encode(due)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_json_is_refused_by_name(name: str) -> None:
    with pytest.raises(MalformedDocument, match="it cannot be read"):
        decoded_json(REFUSED[name], Any)


def test_a_value_of_another_kind_is_refused_by_name() -> None:
    with pytest.raises(MalformedDocument, match="Expected `array`, got `object`"):
        decoded_json(b"{}", list[int])


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [500, 5_000, 200_000])
def test_depth_is_read_or_refused_by_name(opening: bytes, depth: int) -> None:
    whole = opening * depth + b"1" + (b"]" if opening == b"[" else b"}") * depth
    try:
        value: Any = decoded_json(whole, object)
    except MalformedDocument as error:
        assert "nested too deeply" in str(error)  # noqa: PT017
        return
    levels = 0
    while isinstance(value, list | dict):
        value, levels = (value[0] if isinstance(value, list) else value["a"]), levels + 1
    assert (levels, value) == (depth, 1)


def test_what_is_deep_is_not_kept_as_raw() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(MalformedDocument, match="nested too deeply"):
        raw_json(deep)


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), inner),
), st.booleans())  # fmt: skip
def test_everything_else_is_exact_also_beside_what_is_mended(value: Any, ascii: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii).encode()
    assert decoded_json(data, Any) == value
    assert decoded_json(b"[" + BAD + data + b"]", list[Any]) == ["\ufffd", value]


HARD: dict[str, Callable[[], bytes]] = {
    "an open text of escapes": lambda: b'["' + rb"\"" * 1_000_000,
    "an open text of backslashes": lambda: b'["' + b"\\" * 2_000_001,
    "quotes": lambda: b'"' * 2_000_000,
    "long numbers": lambda: b"[" + (b"1" * 299 + b",") * 100_000 + b"NaN]",
    "long fractions": lambda: b"[NaN,0." + b"1" * 2_000_000 + b"x]",
    "long exponents": lambda: b"[NaN,1e-" + b"1" * 2_000_000 + b"]",
    "halves": lambda: b'["' + rb"\ud800" * 1_000_000 + b'"]',
    "zeros": lambda: b'["' + rb"\u0000" * 1_000_000 + b'"]',
    "escaped zeros": lambda: b'["' + rb"\\u0000" * 1_000_000 + b'"]',
    "minus": lambda: b"[" + b"-" * 2_000_000 + b"]",
    "NaNs": lambda: b"[" + b"NaN," * 1_000_000 + b"1]",
    "deep and broken": lambda: b"[" * 1_000_000 + b"NaN",
    "deep": lambda: b"[" * 1_000_000 + b"]" * 1_000_000,
}
"""So long that copying or searching the rest for each of its parts takes minutes."""


@pytest.mark.timeout(MINUTE_S)
@pytest.mark.parametrize("name", HARD)
def test_mending_takes_linear_time(name: str) -> None:
    with contextlib.suppress(MalformedDocument):
        decoded_json(HARD[name](), Any)
