"""Log-probabilities in the shapes that programs keep them in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from grok_tree.forest import TokenAlternative, TokenLogprob
from grok_tree.formats._loose import list_of, logprob_of, object_of

CUT = "logprobs_cut: {left} tokens are not in the text as it is now; they were left out"


class LooseToken(NamedTuple):
    """A token as a file has it, before it is found in a text."""

    text: Any
    logprob: Any
    others: Any


def placed(message: str, tokens: Iterable[LooseToken], mended: list[str]) -> list[TokenLogprob]:
    """Return tokens with the places where they stand in a message, as far as they fit.

    Args:
        message: The text, which may have been edited since it was sampled.
        tokens: In order.
        mended: Takes a sentence when some do not fit.
    """
    found: list[TokenLogprob] = []
    offset, left = 0, 0
    for token in tokens:
        if left or not isinstance(token.text, str) or not message.startswith(token.text, offset):
            left += 1
            continue
        logprob = logprob_of(token.logprob)
        if logprob is not None:
            others = tuple(sorted(_alternatives(token.others), key=lambda one: -one.logprob))
            found.append(TokenLogprob(token.text, logprob, others, offset))
        offset += len(token.text)
    if left:
        mended.append(CUT.format(left=left))
    return found


def loose_tokens(value: Any) -> list[LooseToken]:
    """Return the tokens of an API's answer, whichever of its shapes that has; none if unknown."""
    if isinstance(value, dict) and isinstance(value.get("tokens"), list):
        logprobs, others = list_of(value.get("token_logprobs")), list_of(value.get("top_logprobs"))
        return [
            LooseToken(text, _at(logprobs, place), _at(others, place))
            for place, text in enumerate(value["tokens"])
        ]
    listed = value.get("content") if isinstance(value, dict) else value
    return [
        LooseToken(one.get("token"), one.get("logprob"), one.get("top_logprobs"))
        for one in list_of(listed)
        if isinstance(one, dict) and "token" in one
    ]


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None


def _alternatives(value: Any) -> Iterator[TokenAlternative]:
    """Yield alternatives out of an object of logarithms, or out of a list of tokens."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        pairs = value.items()
    else:
        listed = [object_of(one) for one in list_of(value)]
        pairs = [(one.get("token"), one.get("logprob")) for one in listed]
    for text, logprob in pairs:
        number = logprob_of(logprob)
        if isinstance(text, str) and number is not None:
            yield TokenAlternative(text, number)
