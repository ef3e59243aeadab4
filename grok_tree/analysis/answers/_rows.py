"""A group of answers as tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any, Literal

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._likelihoods import perplexity
from grok_tree.analysis._results import Records
from grok_tree.analysis.answers._logprobs import Tokens, sums_of
from grok_tree.errors import InvalidOperationError

if TYPE_CHECKING:
    from grok_tree.analysis.answers._siblings import Siblings

About = Literal["n answers", "model"]
Named = tuple[str, Estimate, str, About]

MOST_COMPARED = 2000
"""Answers above which a table leaves out the mean edit distance, for which all pairs are read."""


def statistic_rows(siblings: Siblings) -> Records:
    """Return a row for each figure."""
    return [_row(*one) for one in (*_said(siblings), *_meant(siblings), *_likely(siblings))]


def answer_rows(siblings: Siblings) -> Records:
    """Return a row for each answer."""
    sums, counts = sums_of(_loaded(siblings) or [()] * len(siblings))
    responses: Any = siblings.responses or repeat(None)
    likely = zip(sums.tolist(), counts.tolist(), strict=True)
    rows = zip(siblings.texts, responses, siblings.clusters.of, likely, strict=False)
    return [_answer(*row) for row in rows]


def _answer(text: str, response: Any, cluster: int, likely: tuple[float, float]) -> dict[str, Any]:
    logprob, n_logprobs = likely
    mean = logprob / n_logprobs if n_logprobs else None
    return {
        "response_id": response and response.response_id,
        "cluster": cluster,
        "characters": len(text),
        "words": len(text.split()),
        "tokens": (response and response.usage.completion_tokens) or None,
        "finish_reason": response and response.finish_reason,
        "logprob": logprob if n_logprobs else None,
        "logprob_per_token": mean,
        "perplexity": None if mean is None else perplexity(-mean),
        "message": text,
    }


def _said(siblings: Siblings) -> Iterator[Named]:
    for order, estimate in enumerate(siblings.distinct, 1):
        yield f"distinct_{order}", estimate, "share", "n answers"
    yield "self_bleu", siblings.self_bleu, "0 to 100", "n answers"
    yield "compression_ratio", siblings.compression_ratio, "ratio", "n answers"
    yield "duplicates", siblings.duplicates, "share", "n answers"
    if len(siblings) <= MOST_COMPARED:
        yield "edit_distance", siblings.edit_distance, "0 to 1", "model"
    yield "characters", siblings.characters.mean, "characters", "model"
    yield "words", siblings.words.mean, "words", "model"
    if siblings.tokens is not None:
        yield "tokens", siblings.tokens.mean, "tokens", "model"
    for reason, share in siblings.finish_reasons.items():
        yield f"finish_{reason or 'unknown'}", share, "share", "model"


def _meant(siblings: Siblings) -> Iterator[Named]:
    if siblings.ways.has_vectors:
        yield "embedding_distance", siblings.embedding_distance, "0 to 2", "model"
    yield "clusters", siblings.n_clusters, "clusters", "n answers"
    yield "agreement", siblings.majority.agreement, "share", "model"
    yield "pair_agreement", siblings.pair_agreement, "share", "model"
    yield "semantic_entropy", siblings.semantic_entropy(), "nats", "n answers"
    corrected = siblings.semantic_entropy(correction="miller-madow")
    yield "semantic_entropy_miller_madow", corrected, "nats", "model"


def _loaded(siblings: Siblings) -> list[Tokens]:
    """Return the log-probabilities; none where they would have to be waited for."""
    try:
        return siblings._logprobs
    except InvalidOperationError:
        return []


def _likely(siblings: Siblings) -> Iterator[Named]:
    if not _loaded(siblings):
        return
    weighted = siblings.weighted_entropy()
    if weighted is not None:
        yield "semantic_entropy_weighted", weighted, "nats", "n answers"
    summary = siblings.logprobs
    if summary is not None:
        yield "logprob", summary.total, "nats", "model"
        yield "logprob_per_token", summary.per_token, "nats", "model"
        yield "perplexity", summary.perplexity, "", "model"


def _row(name: str, estimate: Estimate, unit: str, about: About) -> dict[str, Any]:
    return {
        "statistic": name,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "level": estimate.level,
        "method": estimate.method,
        "n": estimate.n,
        "unit": unit,
        "about": about,
    }
