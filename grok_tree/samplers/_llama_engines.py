"""Where a request is answered: beside its siblings, or with the whole context to itself."""

from __future__ import annotations

from typing import Any

from grok_tree.samplers._llama import Engine
from grok_tree.samplers._weights import Weights

N_SIBLINGS = 8
"""Most siblings that grow together."""

SHARED_CONTEXT = 2048
"""Tokens of prompt and answer up to which they do.

Each sibling has room for all of them: 8 rooms for 8,192 tokens would take 1.5 GB.
"""


class Engines:
    """One model, loaded for siblings that grow together and, when needed, for long contexts.

    Both give the same bits. A conversation that outgrows the first is computed again once.
    """

    def __init__(self, weights: Weights, *, n_context: int, n_threads: int) -> None:
        """Load the model for siblings.

        Args:
            weights: The model file.
            n_context: Tokens of prompt and answer together.
            n_threads: For prompts and several siblings.
        """
        self._weights = weights
        self._n_context = n_context
        self._n_threads = n_threads
        self.shared = self._loaded(min(n_context, SHARED_CONTEXT), N_SIBLINGS)
        self._long = self.shared if n_context <= SHARED_CONTEXT else None

    def fitting(self, request: dict[str, Any]) -> Engine:
        """Return the engine that has room for a request's prompt and longest answer."""
        if self._long is self.shared:
            return self.shared
        n_prompt = self._n_prompt(request)
        if n_prompt + request["max_tokens"] < self.shared.n_context:
            return self.shared
        if self._long is None:
            self._long = self._loaded(self._n_context, 1)
        return self._long

    def _n_prompt(self, request: dict[str, Any]) -> int:
        if "prompt" in request:
            return len(request["prompt"])
        return self.shared.tokens.n_of_chat(request)

    def _loaded(self, n_context: int, n_slots: int) -> Engine:
        return Engine(
            self._weights, n_context=n_context, n_slots=n_slots, n_threads=self._n_threads
        )
