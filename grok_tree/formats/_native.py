"""The native format: JSON Lines that hold everything a forest holds.

A conversation is a header line, one line a response (parents before children; after it a line for
the log-probabilities of its tokens, where there are any), and an end line with a count and a digest
of all lines before it, so that a file that was cut is noticed. Several conversations may follow one
another. `docs/native-format.md` is the description for readers in other languages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

import msgspec

from grok_tree.errors import UnsupportedVersion
from grok_tree.forest import Conversation, Forest, Response, ResponseId, TokenLogprob
from grok_tree.formats._decoding import decoded, decoded_response, is_end
from grok_tree.formats._lines import Line, iter_lines, malformed
from grok_tree.formats._logprob_lines import (
    LOGPROBS,
    NativeLogprobs,
    decoded_logprobs,
    told_logprobs,
)

NATIVE_FORMAT = "grok_tree"
NATIVE_VERSION = 2


class NativeHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a conversation."""

    format: str
    version: int
    conversation: Conversation


class NativeEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of a conversation.

    Attributes:
        n_responses: How many lines stand between header and end.
        digest: BLAKE2b with 16 bytes, in hexadecimal, of the header and the response lines, each
            followed by one line feed; None in a file that was written by hand.
    """

    n_responses: int
    digest: str | None = None


class _EndLine(msgspec.Struct, frozen=True):
    end: NativeEnd


NativeRecord = NativeHeader | Response | NativeLogprobs | NativeEnd
"""What a line holds."""


@dataclass(frozen=True)
class NativeDocument:
    """One conversation of a file, as it stands there."""

    conversation: Conversation
    responses: list[Response]
    logprobs: Mapping[ResponseId, Sequence[TokenLogprob]] = field(default_factory=dict)


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str | None: ...


class _NoDigest:
    """Where what carries the lines sees to it that they arrive as they were."""

    def update(self, data: bytes, /) -> None:
        pass

    def hexdigest(self) -> str | None:
        return None


def write_native(forest: Forest, file: BinaryIO, *, sealed: bool = True) -> int:
    """Write one conversation; return the number of responses.

    Responses are fetched and written one after another, so memory does not grow with the forest.

    Args:
        forest: The conversation.
        file: Where to.
        sealed: Close it with a digest, so that a change is noticed.
    """
    digest: _Digest = _new_digest() if sealed else _NoDigest()
    encoder = msgspec.json.Encoder()

    def put(record: Any) -> None:
        line = encoder.encode(record) + b"\n"
        digest.update(line)
        file.write(line)

    header = NativeHeader(
        format=NATIVE_FORMAT, version=NATIVE_VERSION, conversation=forest.conversation
    )
    put(header)
    written = 0
    for response in forest:
        put(response)
        written += 1
        if response.settings.logprobs and (tokens := forest.beside.logprobs(response)):
            put(told_logprobs(tokens))
    end = NativeEnd(n_responses=written, digest=digest.hexdigest())
    file.write(encoder.encode(_EndLine(end)) + b"\n")
    return written


def read_native(file: BinaryIO) -> Iterator[NativeRecord]:
    """Yield what each line holds: header, responses, end, and so on for each conversation.

    Fields that are not known are ignored. U+0000, which cannot be stored, is replaced, and times
    without a zone are read as UTC; both are named in the response's ``origin.repairs``.

    Raises:
        MalformedDocument: A line cannot be read, or the file was cut or changed; `details` hold
            ``line`` and ``why``.
        UnsupportedVersion: A newer release wrote the file.
    """
    reader = _Reader()
    for line in iter_lines(file):
        yield reader.record(line)
    reader.close()


def read_documents(file: BinaryIO) -> Iterator[NativeDocument]:
    """Yield the conversations of a file one by one; errors are those of `read_native`."""
    reader = NativeReader()
    for line in iter_lines(file):
        document = reader.take(line)
        if document is not None:
            yield document
    reader.close()


class NativeReader:
    """Makes documents of lines that come one by one; errors are those of `read_native`."""

    def __init__(self, *, sealed: bool = True) -> None:
        """Expect a header.

        Args:
            sealed: Compare the digests that conversations are closed with.
        """
        self._reader = _Reader(sealed=sealed)
        self._begin()

    def take(self, line: Line) -> NativeDocument | None:
        """Take the next line; return the conversation that it ends, None while one goes on."""
        match self._reader.record(line):
            case NativeHeader() as header:
                self._begin(header.conversation)
            case Response() as response:
                self._responses.append(response)
            case NativeLogprobs() as found:
                self._logprobs[self._responses[-1].response_id] = found.token_logprobs
            case NativeEnd():
                assert self._conversation is not None  # an end follows a header
                return NativeDocument(self._conversation, self._responses, self._logprobs)
        return None

    @property
    def begun(self) -> bool:
        """Whether any line has come."""
        return self._conversation is not None

    def close(self) -> None:
        """Check that the lines may end here."""
        self._reader.close()

    def _begin(self, conversation: Conversation | None = None) -> None:
        self._conversation = conversation
        self._responses: list[Response] = []
        self._logprobs: dict[ResponseId, Sequence[TokenLogprob]] = {}


class _Reader:
    """Knows between which lines it stands."""

    def __init__(self, *, sealed: bool = True) -> None:
        self._inside = False
        self._last = 0
        self._n_responses = 0
        self._new_digest: Callable[[], _Digest] = _new_digest if sealed else _NoDigest
        self._digest = self._new_digest()

    def record(self, line: Line) -> NativeRecord:
        """Return what the next line holds."""
        self._last = line.number
        if not self._inside:
            return self._header(line)
        if is_end(line.content):
            return self._end(line)
        self._take(line)
        if line.content.startswith(LOGPROBS) and self._n_responses:
            return decoded_logprobs(line)
        response = decoded_response(line)
        self._n_responses += 1
        return response

    def close(self) -> None:
        """Check that the file may end here."""
        if self._last == 0:
            raise malformed(1, "the file is empty; a conversation begins with a header")
        if self._inside:
            raise malformed(
                self._last + 1,
                f"the file ends after {self._n_responses} responses without an end line;"
                " it was cut, so copy or export it again",
            )

    def _header(self, line: Line) -> NativeHeader:
        _check_version(line)
        header = decoded(line, NativeHeader)
        self._inside, self._n_responses, self._digest = True, 0, self._new_digest()
        self._take(line)
        return header

    def _end(self, line: Line) -> NativeEnd:
        end = decoded(line, _EndLine).end
        if end.n_responses != self._n_responses:
            why = f"it counts {end.n_responses} responses, but {self._n_responses} stand above it"
            raise malformed(line.number, f"{why}; lines are missing or came in twice")
        if end.digest and self._digest.hexdigest() not in (None, end.digest):
            why = "the digest does not fit: the lines above were changed after they were written"
            raise malformed(line.number, f"{why}; if that was on purpose, take the digest out")
        self._inside = False
        return end

    def _take(self, line: Line) -> None:
        self._digest.update(line.content + b"\n")


class _Version(msgspec.Struct, frozen=True):
    format: str
    version: int


def _check_version(line: Line) -> None:
    found = decoded(line, _Version, what=f'a header {{"format":"{NATIVE_FORMAT}", ...}} is due')
    if found.format != NATIVE_FORMAT:
        raise malformed(line.number, f"its format is {found.format!r}, not {NATIVE_FORMAT!r}")
    if found.version > NATIVE_VERSION:
        raise UnsupportedVersion(
            f"line {line.number} begins a document of version {found.version}; this release reads"
            f" up to {NATIVE_VERSION}: install a newer grok-tree, or export with an older one",
            line=line.number,
            version=found.version,
        )
    if found.version < 1:
        raise malformed(line.number, f"there is no version {found.version}")


def _new_digest() -> _Digest:
    return hashlib.blake2b(digest_size=16)
