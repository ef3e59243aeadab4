"""A token as a row: the same columns for one answer and for all tokens of forests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from grok_tree.analysis._frames import Kind
from grok_tree.analysis.probabilities._token import AnswerToken

TOKEN: Mapping[str, Kind] = {
    "index": "int",
    "offset": "int",
    "text": "text",
    "logprob": "float",
    "probability": "float",
    "surprisal_nats": "float",
    "surprisal_bits": "float",
    "entropy_nats": "float",
    "covered": "float",
    "rank": "int",
    "margin": "float",
    "n_alternatives": "int",
    "best_alternative": "text",
    "best_alternative_logprob": "float",
}
"""The columns, each a figure of `AnswerToken`."""


def token_row(token: AnswerToken) -> dict[str, Any]:
    """Return the row of a token; what is infinite or not known is None."""
    best = token.alternatives[0] if token.alternatives else None
    return {
        "index": token.index,
        "offset": token.offset,
        "text": token.text,
        "logprob": _finite(token.logprob),
        "probability": token.probability,
        "surprisal_nats": _finite(token.surprisal),
        "surprisal_bits": _finite(token.surprisal_bits),
        "entropy_nats": token.entropy,
        "covered": token.covered,
        "rank": token.rank,
        "margin": token.margin,
        "n_alternatives": len(token.alternatives),
        "best_alternative": None if best is None else best.text,
        "best_alternative_logprob": None if best is None else _finite(best.logprob),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
