"""Which models xAI has, what they cost and what they can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grok_tree.forest import Model, Prices, ReasoningEffort
from grok_tree.samplers._contract import Capability

PROVIDER = "xai"
_PER_USD = 10_000
"""Prices come in hundredths of a cent."""

_ALWAYS: tuple[Capability, ...] = (
    "files",
    "images",
    "logprobs",
    "seed",
    "server_tools",
    "structured",
    "tokenizer",
    "tools",
)
_WITHOUT_REASONING: tuple[Capability, ...] = ("completion", "penalties", "stop")
_EFFORTS: tuple[ReasoningEffort, ...] = ("none", "low", "medium", "high", "xhigh")

UNKNOWN = tuple(sorted((*_ALWAYS, *_WITHOUT_REASONING, "reasoning_effort")))
"""What a model is thought to do of which nothing is known; xAI refuses what it does not."""

EMBEDDER: tuple[Capability, ...] = ("embeddings",)


@dataclass(frozen=True)
class Known:
    """What is known of a model before xAI is asked.

    Attributes:
        context_length: In tokens.
        prices: In US dollars for a million tokens of prompt, cached prompt and answer, below
            200,000 tokens of prompt.
        efforts: The values of reasoning_effort that it takes; none: it refuses the setting.
        reasons: Whether it is known to think first, and so to refuse stop texts and penalties.
    """

    context_length: int
    prices: tuple[float, float, float]
    efforts: tuple[ReasoningEffort, ...] = ()
    reasons: bool = True

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What it can do."""
        more: tuple[Capability, ...] = ("reasoning_effort",) if self.efforts else ()
        return tuple(sorted((*_ALWAYS, *more, *(() if self.reasons else _WITHOUT_REASONING))))


KNOWN = {
    "grok-4.7": Known(500_000, (2.0, 0.5, 6.0), _EFFORTS[1:]),
    "grok-4.6": Known(500_000, (2.0, 0.5, 6.0), _EFFORTS[1:]),
    "grok-4.5": Known(500_000, (2.0, 0.3, 6.0), _EFFORTS[1:4]),
    "grok-4.3": Known(1_000_000, (1.25, 0.2, 2.5), _EFFORTS[:4]),
    "grok-4.20-0309-reasoning": Known(1_000_000, (1.25, 0.2, 2.5)),
    "grok-4.20-0309-non-reasoning": Known(1_000_000, (1.25, 0.2, 2.5), reasons=False),
    "grok-4.20-multi-agent": Known(1_000_000, (1.25, 0.2, 2.5)),
    "grok-build-0.1": Known(256_000, (1.0, 0.2, 2.0), reasons=False),
}
"""As documented in autumn 2026; `Models.ListLanguageModels` is the truth."""


def known_models() -> list[Model]:
    """Return the models that are documented, for as long as nobody was asked."""
    return [
        Model(
            name=f"{PROVIDER}/{name}",
            description="Grok, from xAI",
            context_length=known.context_length,
            capabilities=known.capabilities,
            prices=Prices(
                prompt=known.prices[0],
                cached_prompt=known.prices[1],
                completion=known.prices[2],
            ),
        )
        for name, known in KNOWN.items()
    ]


def language_models(found: Sequence[Any]) -> Iterator[Model]:
    """Yield the models of xAI's answer."""
    for one in found:
        yield Model(
            name=f"{PROVIDER}/{one.name}",
            description="Grok, from xAI",
            aliases=_full(one.aliases),
            context_length=one.max_prompt_length,
            capabilities=_capabilities((one.name, *one.aliases)),
            prices=Prices(
                prompt=_usd(one.prompt_text_token_price),
                cached_prompt=_usd(one.cached_prompt_token_price),
                completion=_usd(one.completion_text_token_price),
            ),
        )


def embedding_models(found: Sequence[Any]) -> Iterator[Model]:
    """Yield the models of xAI's answer that turn texts into vectors."""
    for one in found:
        yield Model(
            name=f"{PROVIDER}/{one.name}",
            description="turns texts into vectors, from xAI",
            aliases=_full(one.aliases),
            capabilities=EMBEDDER,
            prices=Prices(prompt=_usd(one.prompt_text_token_price)),
        )


def efforts_of(names: Sequence[str]) -> tuple[ReasoningEffort, ...]:
    """Return the values of reasoning_effort that a model takes, by any of its names."""
    known = _known(names)
    return _EFFORTS if known is None else known.efforts


def _capabilities(names: Sequence[str]) -> tuple[str, ...]:
    known = _known(names)
    return UNKNOWN if known is None else known.capabilities


def _known(names: Sequence[str]) -> Known | None:
    return next((KNOWN[name] for name in names if name in KNOWN), None)


def _full(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{PROVIDER}/{name}" for name in names)


def _usd(price: int) -> float | None:
    # A field that the server left out reads as 0, and nothing is free.
    return price / _PER_USD if price > 0 else None
