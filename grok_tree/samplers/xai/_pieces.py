"""Pieces of an answer's text with their log-probabilities."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator, Sequence
from typing import Any

from grok_tree.forest import Token, TokenAlternative, TokenLogprob


def pieces(text: str, logprobs: Sequence[Any], index: int) -> Iterator[Token]:
    """Yield the tokens of a text.

    A piece that is made of several tokens (bytes that are one character together) has no
    log-probability, and neither has a text that its tokens do not spell.

    Args:
        text: What came in one chunk.
        logprobs: The tokens that xAI says it is made of; none where they were not asked for.
        index: The sibling.
    """
    if not text:
        return
    spelled = list(_spelled(logprobs))
    if "".join(piece for piece, _ in spelled) != text:
        yield Token(text, index)
        return
    for piece, logprob in spelled:
        yield Token(piece, index, logprob=logprob)


def _spelled(logprobs: Sequence[Any]) -> Iterator[tuple[str, TokenLogprob | None]]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    is_whole = True
    for one in logprobs:
        piece = decoder.decode(one.bytes or one.token.encode())
        pending = bool(decoder.getstate()[0])
        if piece:
            yield piece, _logprob(piece, one) if is_whole and not pending else None
        is_whole = not pending


def _logprob(piece: str, one: Any) -> TokenLogprob | None:
    if not math.isfinite(one.logprob):
        return None
    others = tuple(
        TokenAlternative(other.token, other.logprob)
        for other in one.top_logprobs
        if math.isfinite(other.logprob)
    )
    return TokenLogprob(piece, one.logprob, others)
