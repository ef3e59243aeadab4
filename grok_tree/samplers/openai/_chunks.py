"""What an OpenAI-compatible server sends, as far as it is used here.

Fields that servers disagree about are kept as raw JSON and read where they are needed, so that an
odd one costs its own meaning only.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

Raw = msgspec.Raw
T = TypeVar("T")

_NOTHING = Raw()


class Delta(msgspec.Struct, gc=False):
    """What a chunk adds to an answer; of a server that does not stream, the whole answer."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: Raw = _NOTHING
    annotations: Raw = _NOTHING


class Choice(msgspec.Struct, gc=False):
    """A part of one sibling."""

    index: int | None = None
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: Raw = _NOTHING


class Chunk(msgspec.Struct, gc=False):
    """One event of a stream."""

    choices: list[Choice] | None = None
    id: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    usage: Raw = _NOTHING
    error: Raw = _NOTHING


class FunctionDelta(msgspec.Struct):
    """A part of what is called, and with what."""

    name: str | None = None
    arguments: str | None = None


class ToolCallDelta(msgspec.Struct):
    """A part of a call of a tool."""

    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class ChatLogprob(msgspec.Struct):
    """A token with its log-probability."""

    token: str
    logprob: float
    top_logprobs: list[ChatLogprob] | None = None


class ChatLogprobs(msgspec.Struct):
    """The tokens of a chunk."""

    content: list[ChatLogprob] | None = None


class TextLogprobs(msgspec.Struct):
    """The tokens of a chunk of a continued text, in the older form."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None = None


class UrlCitation(msgspec.Struct):
    """A source."""

    url: str
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class Annotation(msgspec.Struct):
    """What a server says about a part of the answer."""

    url_citation: UrlCitation | None = None


_read_chunk = msgspec.json.Decoder(Chunk).decode
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
    rb"|\\."
)


def read_chunk(data: bytes) -> Chunk | None:
    """Return a chunk; None when it cannot be understood, not even in part.

    Bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD.
    """
    try:
        return _read_chunk(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return _read_chunk(_ESCAPES.sub(_mended, data.decode(errors="replace").encode()))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_part(raw: Raw, kind: type[T]) -> T | None:
    """Return a part of a chunk that was kept raw; None when it is missing or odd."""
    if not raw or bytes(raw) == b"null":
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _mended(found: re.Match[bytes]) -> bytes:
    escape = found[0]
    is_half = len(escape) == 6 and escape[1:3].lower() == b"ud"
    return b"\\ufffd" if is_half else escape
