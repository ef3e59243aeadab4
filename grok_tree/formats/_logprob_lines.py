"""The line of a response's log-probabilities, also of those that JSON has no number for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import TokenAlternative, TokenLogprob
from grok_tree.formats._decoding import decoded
from grok_tree.formats._lines import Line

LOGPROBS = b'{"token_logprobs":'
"""So begins the line of a response's log-probabilities."""

# None: so older releases wrote all three, and a model that knows them says the first.
_Told = float | Literal["-Infinity", "Infinity", "NaN"] | None


class NativeLogprobs(msgspec.Struct, frozen=True):
    """The log-probabilities of the response before it.

    Attributes:
        token_logprobs: One for each token of its message.
    """

    token_logprobs: tuple[TokenLogprob, ...]


class _ToldAlternative(msgspec.Struct, frozen=True):
    text: str
    logprob: _Told


class _ToldToken(msgspec.Struct, frozen=True):
    text: str
    logprob: _Told
    alternatives: tuple[_ToldAlternative, ...] = ()
    offset: int = 0


class _ToldLine(msgspec.Struct, frozen=True):
    token_logprobs: tuple[_ToldToken, ...]


def told_logprobs(tokens: Iterable[TokenLogprob]) -> NativeLogprobs | _ToldLine:
    """Return the line of some tokens; numbers that JSON does not have are their names."""
    known = tuple(tokens)
    if all(map(_is_plain, known)):
        return NativeLogprobs(known)
    return _ToldLine(tuple(map(_told_token, known)))


def decoded_logprobs(line: Line) -> NativeLogprobs:
    """Return the log-probabilities of a line.

    Raises:
        MalformedDocument: It has none.
    """
    try:
        return decoded(line, NativeLogprobs)
    except MalformedDocument:
        told = decoded(line, _ToldLine)
    return NativeLogprobs(tuple(map(_token, told.token_logprobs)))


def _is_plain(token: TokenLogprob) -> bool:
    return math.isfinite(token.logprob) and all(
        math.isfinite(other.logprob) for other in token.alternatives
    )


def _told_token(token: TokenLogprob) -> _ToldToken:
    others = tuple(_ToldAlternative(one.text, _told(one.logprob)) for one in token.alternatives)
    return _ToldToken(token.text, _told(token.logprob), others, token.offset)


def _told(logprob: float) -> _Told:
    if math.isnan(logprob):
        return "NaN"
    if math.isinf(logprob):
        return "Infinity" if logprob > 0 else "-Infinity"
    return logprob


def _token(told: _ToldToken) -> TokenLogprob:
    others = tuple(TokenAlternative(one.text, _number(one.logprob)) for one in told.alternatives)
    return TokenLogprob(told.text, _number(told.logprob), others, told.offset)


def _number(told: _Told) -> float:
    return -math.inf if told is None else float(told)
