"""Two answers side by side, token by token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from grok_tree.analysis._given import AnyForest
from grok_tree.analysis._needs import needed
from grok_tree.analysis._texts import n_shared
from grok_tree.analysis.probabilities._alignment import AlignedPair, AlignedPiece, Alignment
from grok_tree.analysis.probabilities._source import (
    AnswerLike,
    logprobs_if_any,
    numbers_of,
    placed,
)
from grok_tree.analysis.probabilities._token import AnswerToken
from grok_tree.forest import TokenLogprob

_WORDS = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
_MOST_PAIRS = 400_000_000
"""Tokens of one answer times those of the other; aligning takes a bit of memory for each pair."""


def align(first: AnswerLike, second: AnswerLike, *, forest: AnyForest | None = None) -> Alignment:
    """Align two answers token by token, with the probabilities of both.

    The longest common subsequence of the tokens' texts is shared (Hunt and McIlroy 1976); what
    stands between shared tokens is paired in order. Where an answer has no recorded tokens, both
    are compared word by word. Parts that differ over more than some 20,000 tokens each are put one
    after the other.

    Args:
        first: A handle, a response or its id with `forest`, or recorded tokens.
        second: The same, of the other answer.
        forest: Where responses stand that do not know it.

    Raises:
        ExtraMissing: rapidfuzz is not installed.
        InvalidOperationError: Recorded tokens must be loaded first, or a forest is missing; or a
            log-probability is not a number.
        ResponseNotFound: A response is not in the forest.
    """
    left, right = _side_of(first, forest), _side_of(second, forest)
    if left.tokens is None or right.tokens is None:
        return _aligned(left.words(), right.words(), "words")
    ours = left.pieces(left.tokens, right.tokens)
    return _aligned(ours, right.pieces(right.tokens, left.tokens), "tokens")


@dataclass(frozen=True)
class _Side:
    """An answer; tokens are None where none are recorded; a fork has text before the first."""

    message: str
    tokens: Sequence[TokenLogprob] | None
    taken_over: str

    def words(self) -> list[AlignedPiece]:
        return _split(self.message, 0)

    def pieces(
        self, own: Sequence[TokenLogprob], other: Sequence[TokenLogprob]
    ) -> list[AlignedPiece]:
        """Return its own tokens, and before them what was taken over, cut as the other's tokens."""
        end = 0
        pieces = []
        for token in other:
            if token.offset != end or not token.text:
                break
            if not self.taken_over.startswith(token.text, end):
                break
            pieces.append(AlignedPiece(token.text, end))
            end += len(token.text)
        return [
            *pieces,
            *_split(self.taken_over[end:], end),
            *(
                AlignedPiece(one.text, one.offset, AnswerToken(index, one))
                for index, one in enumerate(own)
            ),
        ]


def _side_of(given: AnswerLike, forest: AnyForest | None) -> _Side:
    if isinstance(given, Sequence) and not isinstance(given, str):
        return _Side("".join(token.text for token in given), numbers_of(given), "")
    snapshot, response = placed(given, forest)
    tokens = numbers_of(logprobs_if_any(snapshot, response))
    if not tokens and response.message:
        return _Side(response.message, None, "")
    taken_over = response.message[: tokens[0].offset] if tokens else ""
    return _Side(response.message, tokens, taken_over)


def _split(text: str, begin: int) -> list[AlignedPiece]:
    return [AlignedPiece(found[0], begin + found.start()) for found in _WORDS.finditer(text)]


def _aligned(
    left: list[AlignedPiece], right: list[AlignedPiece], by: Literal["tokens", "words"]
) -> Alignment:
    ours, theirs = [piece.text for piece in left], [piece.text for piece in right]
    head = n_shared([ours, theirs])
    most = min(len(ours), len(theirs)) - head
    tail = min(most, n_shared([ours[::-1], theirs[::-1]]))
    ends = len(ours) - tail, len(theirs) - tail
    is_whole = (ends[0] - head) * (ends[1] - head) <= _MOST_PAIRS
    pairs = [
        *_same(left[:head], right[:head]),
        *_middle(left[head : ends[0]], right[head : ends[1]], is_whole=is_whole),
        *_same(left[ends[0] :], right[ends[1] :]),
    ]
    parting = None
    if head < max(len(left), len(right)):
        parting = AlignedPair("changed", _at(left, head), _at(right, head))
    return Alignment(tuple(pairs), by, parting, is_whole)


def _at(pieces: Sequence[AlignedPiece], place: int) -> AlignedPiece | None:
    return pieces[place] if place < len(pieces) else None


def _same(left: Sequence[AlignedPiece], right: Sequence[AlignedPiece]) -> Iterator[AlignedPair]:
    return (AlignedPair("same", a, b) for a, b in zip(left, right, strict=True))


def _middle(
    left: Sequence[AlignedPiece], right: Sequence[AlignedPiece], *, is_whole: bool
) -> Iterator[AlignedPair]:
    if not is_whole:
        yield from (AlignedPair("-", piece, None) for piece in left)
        yield from (AlignedPair("+", None, piece) for piece in right)
        return
    distance = needed("rapidfuzz.distance", "align()")
    texts = [piece.text for piece in left], [piece.text for piece in right]
    shared = distance.LCSseq.opcodes(*texts)
    gap: tuple[list[AlignedPiece], list[AlignedPiece]] = ([], [])
    for step in shared:
        ours, theirs = left[step.src_start : step.src_end], right[step.dest_start : step.dest_end]
        if step.tag != "equal":
            gap[0].extend(ours)
            gap[1].extend(theirs)
            continue
        yield from _changed(*gap)
        gap = ([], [])
        yield from _same(ours, theirs)
    yield from _changed(*gap)


def _changed(left: Sequence[AlignedPiece], right: Sequence[AlignedPiece]) -> Iterator[AlignedPair]:
    n = min(len(left), len(right))
    yield from (AlignedPair("changed", a, b) for a, b in zip(left, right, strict=False))
    yield from (AlignedPair("-", piece, None) for piece in left[n:])
    yield from (AlignedPair("+", None, piece) for piece in right[n:])
