"""Models, as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from grok_tree.cli._spans import Span
from grok_tree.cli._visible import visible_line
from grok_tree.forest import Model, Prices
from grok_tree.samplers import CAPABILITIES, Capability


def model_row(model: Model, *, name_width: int) -> Sequence[Span]:
    """Return one line of a list of models."""
    state = "" if model.available else f"not available: {model.unavailable_because}"
    said = "; ".join(visible_line(text) for text in (state, model.description) if text)
    return [
        Span(f"{visible_line(model.name):<{name_width}}  "),
        Span(f"{_tokens(model.context_length):>6}  ", "faint"),
        Span(f"{_prices(model.prices):>13}  ", "faint"),
        Span("default  " if model.is_default else "", "mark"),
        Span(said, "faint"),
    ]


def model_details(model: Model) -> Iterator[Sequence[Span]]:
    """Yield what else is known of a model, a line each."""
    for alias in model.aliases:
        yield [Span("  also "), Span(visible_line(alias), "title")]
    for name in model.capabilities:
        meaning = CAPABILITIES.get(cast("Capability", name), "")
        yield [Span(f"  {visible_line(name):<18}", "model"), Span(meaning, "faint")]


def _tokens(n_tokens: int) -> str:
    if n_tokens >= 1_000_000:
        return f"{n_tokens / 1_000_000:.3g}M"
    return f"{n_tokens / 1_000:.3g}k" if n_tokens else ""


def _prices(prices: Prices | None) -> str:
    if prices is None or prices.prompt is None or prices.completion is None:
        return ""
    if prices.prompt == prices.completion == 0:
        return "free"
    return f"${prices.prompt:.2f}/{prices.completion:.2f}"
