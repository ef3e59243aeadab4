"""The native format is lossless, streams, and notices what is wrong with a file."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import FormatError, MalformedDocument, UnsupportedVersion
from grok_tree.forest import (
    Forest,
    HeldResponses,
    NothingBeside,
    Response,
    ResponseId,
    Settings,
    TokenAlternative,
    TokenLogprob,
)
from grok_tree.formats import (
    NativeDocument,
    NativeEnd,
    NativeHeader,
    mended,
    read_documents,
    read_native,
    write_native,
)
from grok_tree.formats import _lines as lines
from grok_tree.testing import forest_from_names, forest_of
from tests.unit.formats._random_forests import forests


def written(*several: Forest) -> bytes:
    file = io.BytesIO()
    for forest in several:
        write_native(forest, file)
    return file.getvalue()


def read(content: bytes) -> list[NativeDocument]:
    return list(read_documents(io.BytesIO(content)))


def changed(content: bytes, number: int, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Change one line, counted from 0, and take the digest out."""
    found = [json.loads(line) for line in content.splitlines()]
    change(found[number])
    found[-1]["end"]["digest"] = None
    return b"".join(json.dumps(line).encode() + b"\n" for line in found)


@given(forests())
def test_a_forest_comes_back_exactly(forest: Forest) -> None:
    (document,) = read(written(forest))
    assert document == NativeDocument(forest.conversation, list(forest.responses))


def forest_with(tokens: Sequence[TokenLogprob]) -> Forest:
    """Return a forest whose second response was sampled as these tokens."""
    asked = Settings(logprobs=True)
    sampled = [msgspec.structs.replace(one, settings=asked) for one in forest_of("a>b").responses]

    class Beside(NothingBeside):
        def logprobs(self, response: Response) -> Sequence[TokenLogprob]:
            return tokens if response.response_id == "b" else ()

    return Forest(forest_of("a>b").conversation, [-1, 0], HeldResponses(sampled), Beside())


def test_log_probabilities_come_back_exactly() -> None:
    tokens = (
        TokenLogprob("b", -0.25, (TokenAlternative("c", -1.5),)),
        TokenLogprob("!", -0.0, (), 1),
    )
    forest = forest_with(tokens)
    content = written(forest)
    (document,) = read(content)
    sampled = list(forest.responses)
    assert document == NativeDocument(forest.conversation, sampled, {ResponseId("b"): tokens})
    with pytest.raises(MalformedDocument, match="digest"):
        read(content.replace(b"-0.25", b"-0.35"))


IMPOSSIBLE = (
    TokenLogprob("b", -0.25, (TokenAlternative("c", -1.5), TokenAlternative("d", -math.inf))),
    TokenLogprob("!", -math.inf, (), 1),
)
"""As a model tells them that gives some tokens no probability at all."""


@pytest.mark.parametrize("number", [-math.inf, math.inf, math.nan])
def test_a_log_probability_that_is_no_json_number_comes_back(number: float) -> None:
    tokens = (TokenLogprob("b", number, (TokenAlternative("c", number),)),)
    content = written(forest_with(tokens))
    (document,) = read(content)
    assert repr(document.logprobs[ResponseId("b")]) == repr(tokens)
    for line in content.splitlines():
        msgspec.json.decode(line)


def test_a_token_without_any_probability_is_written_by_name() -> None:
    line = written(forest_with(IMPOSSIBLE)).splitlines()[3]
    first, second = json.loads(line)["token_logprobs"]
    assert second == {"text": "!", "logprob": "-Infinity", "alternatives": [], "offset": 1}
    assert [one["logprob"] for one in first["alternatives"]] == [-1.5, "-Infinity"]


def with_null_for_infinity(line: dict[str, Any]) -> None:
    first, second = line["token_logprobs"]
    second["logprob"] = first["alternatives"][1]["logprob"] = None


def test_what_older_releases_wrote_as_null_is_read_as_no_probability() -> None:
    older = changed(written(forest_with(IMPOSSIBLE)), 3, with_null_for_infinity)
    (document,) = read(older)
    assert document.logprobs[ResponseId("b")] == IMPOSSIBLE


@pytest.mark.parametrize("said", ['"-1.0"', '"inf"', "true", "[]", "1e999"])
def test_a_log_probability_that_is_no_number_is_refused(said: str) -> None:
    content = written(forest_with(IMPOSSIBLE)).replace(b'"-Infinity"', said.encode())
    with pytest.raises(MalformedDocument, match="line 4"):
        read(content)


def test_several_conversations_may_follow_one_another() -> None:
    first, second = forest_of("a>b", title="one"), forest_of("", title="two")
    assert [document.conversation.title for document in read(written(first, second))] == [
        "one",
        "two",
    ]


def test_writing_returns_the_number_of_responses() -> None:
    assert write_native(forest_of("a>b>c, a>d"), io.BytesIO()) == 4


def test_records_come_in_the_order_of_the_lines() -> None:
    records = list(read_native(io.BytesIO(written(forest_of("a>b")))))
    assert [type(record) for record in records] == [NativeHeader, Response, Response, NativeEnd]


def test_reading_takes_one_line_at_a_time() -> None:
    content = written(forest_of("a>b>c"))
    beginning = b"".join(content.splitlines(keepends=True)[:2])

    class Endless(io.BytesIO):
        def readline(self, size: int | None = -1) -> bytes:
            line = super().readline(-1 if size is None else size)
            assert line, "more was read than was asked for"
            return line

    records = read_native(cast(BinaryIO, Endless(beginning)))
    next(records)
    assert isinstance(next(records), Response)


def test_a_chain_of_10_000_responses_is_written_and_read() -> None:
    names: dict[str, str | None] = {"0": None}
    names |= {str(n): str(n - 1) for n in range(1, 10_000)}
    (document,) = read(written(forest_from_names(names)))
    assert mended(document).parents == [-1, *range(9_999)]


@pytest.mark.parametrize("n_lines", [1, 2, 3])
def test_a_file_that_was_cut_between_lines_is_noticed(n_lines: int) -> None:
    cut = b"".join(written(forest_of("a>b")).splitlines(keepends=True)[:n_lines])
    with pytest.raises(MalformedDocument, match="it was cut") as caught:
        read(cut)
    assert caught.value.details["line"] == n_lines + 1


@given(st.data())
def test_a_file_that_was_cut_anywhere_is_noticed(data: st.DataObject) -> None:
    content = written(forest_of("a>b"))
    end = data.draw(st.integers(0, len(content.rstrip()) - 1))
    with pytest.raises(MalformedDocument):
        read(content[:end])


def test_a_changed_text_is_noticed() -> None:
    content = written(forest_of("abcdef>b")).replace(b'"message":"abcdef"', b'"message":"changed"')
    with pytest.raises(MalformedDocument, match="digest") as caught:
        read(content)
    assert caught.value.details["line"] == 4


def test_a_missing_line_is_noticed_also_without_a_digest() -> None:
    whole = changed(written(forest_of("a>b")), 0, dict.copy).splitlines(keepends=True)
    with pytest.raises(MalformedDocument, match="counts 2 responses, but 1"):
        read(b"".join([whole[0], whole[1], whole[3]]))


def test_a_file_written_by_hand_needs_no_digest() -> None:
    content = changed(written(forest_of("a")), 1, lambda line: line.update(message="by hand"))
    assert read(content)[0].responses[0].message == "by hand"


def test_fields_that_are_not_known_are_ignored() -> None:
    content = written(forest_of("a"))
    for number in (0, 1):
        content = changed(content, number, lambda line: line.update(mood={"deep": [1]}))
    assert read(content) == read(written(forest_of("a")))


def test_a_newer_version_is_refused_with_the_next_step() -> None:
    content = changed(written(forest_of("a")), 0, lambda line: line.update(version=3))
    with pytest.raises(UnsupportedVersion, match="install a newer grok-tree"):
        read(content)


def test_a_newer_version_is_recognised_before_its_other_fields_are_read() -> None:
    with pytest.raises(UnsupportedVersion):
        read(b'{"format":"grok_tree","version":9,"forest":"of another shape"}\n')


def test_a_byte_order_mark_and_blank_lines_do_no_harm() -> None:
    content = written(forest_of("a>b"))
    marked = b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n\r\n")
    assert read(marked) == read(content)


def test_zeros_are_replaced_and_named() -> None:
    content = changed(
        written(forest_of("a")), 1, lambda line: line.update(message="x\0y \\u0000 stays")
    )
    (response,) = read(content)[0].responses
    assert response.message == "x\ufffdy \\u0000 stays"
    assert response.origin.repairs == ("U+0000 was replaced by U+FFFD",)


def test_a_time_without_a_zone_is_read_as_utc_and_named() -> None:
    content = changed(
        written(forest_of("a")), 1, lambda line: line.update(create_time="2026-01-01T00:00:00")
    )
    (response,) = read(content)[0].responses
    assert response.create_time == forest_of("a")["a"].create_time
    assert response.origin.repairs == ("a time had no zone and was read as UTC",)


HOSTILE = {
    "nothing": b"",
    "no json": b"hello\n",
    "another format": b'{"format":"other","version":1,"conversation":{}}\n',
    "version 0": b'{"format":"grok_tree","version":0,"conversation":{}}\n',
    "no conversation": b'{"format":"grok_tree","version":1}\n',
    "a list": b"[]\n",
    "deep": b"[" * 100_000 + b"\n",
    "deep unknown field": b'{"format":"grok_tree","version":1,"x":' + b"[" * 100_000 + b"\n",
    "bad utf-8": b'{"format":"\xff\xfe"}\n',
    "huge version": b'{"format":"grok_tree","version":' + b"9" * 5_000 + b"}\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_document_is_refused_by_line(content: bytes) -> None:
    with pytest.raises(FormatError, match="line 1 "):
        read(content)


BAD_RESPONSES = {
    "not a number": b'"usage":{"cost_usd":NaN}',
    "infinite": b'"usage":{"cost_usd":1e999}',
    "negative": b'"usage":{"prompt_tokens":-1}',
    "too large": b'"usage":{"prompt_tokens":9223372036854775808}',
    "5,000 digits": b'"position":' + b"1" * 5_000,
    "lone surrogate": b'"message":"\\ud800"',
    "unknown sender": b'"sender":"robot"',
    "time out of range": b'"create_time":"0001-01-01T00:00:00+23:00"',
    "bad utf-8": b'"message":"\xff"',
    "deep": b'"marks":' + b"[" * 100_000,
}


@pytest.mark.parametrize("field", BAD_RESPONSES.values(), ids=BAD_RESPONSES.keys())
def test_a_response_that_cannot_be_stored_is_refused_by_line(field: bytes) -> None:
    header, response, _ = written(forest_of("a")).splitlines(keepends=True)
    line = response.rstrip()[:-1] + b"," + field + b"}\n"
    with pytest.raises(MalformedDocument, match="line 2 "):
        read(header + line)


def test_a_line_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1_000)
    with pytest.raises(MalformedDocument, match="longer than 1,000 bytes"):
        read(b" " * 2_000)


@given(forests(), st.binary(max_size=6), st.data())
def test_a_damaged_file_is_read_or_refused_but_never_crashes(
    forest: Forest, noise: bytes, data: st.DataObject
) -> None:
    content = written(forest)
    place = data.draw(st.integers(0, len(content)))
    damaged = content[:place] + noise + content[place + len(noise) :]
    try:
        documents = read(damaged)
    except FormatError:
        return
    for document in documents:
        assert len(mended(document).responses) == len(document.responses)


def test_every_line_is_plain_json_with_the_documented_keys() -> None:
    header, response, end = map(json.loads, written(forest_of("a")).splitlines())
    assert set(header) == {"format", "version", "conversation"}
    assert set(response) == set(msgspec.structs.asdict(forest_of("a")["a"]))
    assert set(end["end"]) == {"n_responses", "digest"}
