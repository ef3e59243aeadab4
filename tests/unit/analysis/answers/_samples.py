"""Groups of answers with known truth, and answers with log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from grok_tree.analysis import Siblings, siblings
from grok_tree.forest import Forest, Response, TokenLogprob
from grok_tree.testing import forest_from_parents

_WORDS = np.array([f"w{number}" for number in range(300)])
_ZIPF = 1 / np.arange(1, 301) / (1 / np.arange(1, 301)).sum()

SAID = 1 / np.arange(1, 7) / (1 / np.arange(1, 7)).sum()
"""How often a model of six answers gives each: the second half as often as the first, and so on."""


_SURPRISES = np.random.default_rng(7).lognormal(-0.5, 0.6, 400)
"""Of the manners in which an answer may be given: some are much harder than others."""


class Recorded:
    """Log-probabilities by the id of the response."""

    def __init__(self, tokens: Mapping[str, Sequence[TokenLogprob]]) -> None:
        self._tokens = tokens

    def logprobs(self, response: Response) -> Sequence[TokenLogprob]:
        return self._tokens.get(response.response_id, ())

    def file(self, file_id: str) -> bytes | None:
        raise KeyError(file_id)


def answered(texts: Sequence[str], tokens: Sequence[Sequence[TokenLogprob]] = ()) -> Forest:
    """Return a forest of one question and these answers to it."""
    plain = forest_from_parents([-1, *[0] * len(texts)], messages=["?", *texts])
    ids = plain.responses.ids[1:]
    recorded = Recorded(dict(zip(ids, tokens, strict=False)))
    return plain.with_beside(recorded)


def tokens_of(pieces: Sequence[tuple[str, float]]) -> list[TokenLogprob]:
    """Return tokens from texts and probabilities."""
    found, offset = [], 0
    for text, probability in pieces:
        found.append(TokenLogprob(text, math.log(probability), offset=offset))
        offset += len(text)
    return found


def worded(random: np.random.Generator, n: int) -> Siblings:
    """Return n answers of 5 to 29 words of Zipf's frequencies, each about one of four topics."""
    texts = []
    for _ in range(n):
        topic = 50 * random.integers(4) if random.random() < 0.7 else 0
        drawn = random.choice(300, int(random.integers(5, 30)), p=_ZIPF)
        texts.append(" ".join(_WORDS[(drawn + topic) % 300]))
    return siblings(texts)


def filled(random: np.random.Generator, n: int) -> Siblings:
    """Return n answers of five forms of twelve words, of which four are filled in."""
    texts = []
    for _ in range(n):
        form = random.integers(5)
        words = [f"f{form}p{place}" for place in range(12)]
        for place in random.choice(12, 4, replace=False):
            words[place] = f"w{random.integers(30)}"
        texts.append(" ".join(words))
    return siblings(texts)


def said(random: np.random.Generator, n: int) -> Siblings:
    """Return n answers of a model that has six of them, in one cluster each."""
    return siblings([f"answer {one}" for one in random.choice(6, n, p=SAID)])


def pointed(random: np.random.Generator, n: int) -> Siblings:
    """Return n answers with vectors around four directions."""
    vectors = random.normal(size=(n, 8)) + 2 * np.eye(8)[random.integers(0, 4, n)]
    return siblings(["x"] * n, embeddings=vectors)


def likely(random: np.random.Generator, n: int) -> Siblings:
    """Return n answers of 3 to 12 tokens, each answer easier or harder than others.

    What is said more often is not more likely, but a text that comes again is as likely as before.
    """
    texts, tokens = [], []
    for one in random.choice(6, n, p=SAID):
        manner, count = int(random.integers(len(_SURPRISES))), int(random.integers(3, 13))
        texts.append(f"answer {one} in manner {manner} " + " ".join(["so"] * count))
        logprobs = -_SURPRISES[manner] * np.random.default_rng([manner, count]).gamma(2, 0.5, count)
        tokens.append([TokenLogprob("so", float(logprob)) for logprob in logprobs])
    forest = answered(texts, tokens)
    return siblings(forest.responses.ids[1], forest=forest, key=lambda text: text[:8])
