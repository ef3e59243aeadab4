"""The embedded model: a small real language model that runs inside this process."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec
import platformdirs

from grok_tree.errors import ModelNotFound, SamplerUnavailable
from grok_tree.forest import Finished, Model, SamplerEvent, Settings
from grok_tree.samplers import _weights
from grok_tree.samplers._contract import Prompt
from grok_tree.samplers._llama import Engine
from grok_tree.samplers._llama_request import chat_request

NAME = "smollm2-135m"
CONTEXT_TOKENS = 8192
DEFAULTS = Settings(temperature=0.7, top_p=0.95, min_p=0.05, top_k=0, max_tokens=64)
"""What is used where a request leaves a setting open."""

_CAPABILITIES = ("logprobs", "min_p", "prefill", "seed", "stop", "top_k")
_MAX_SEED = 2**31 - 1


class LocalSampler:
    """SmolLM2-135M-Instruct on llama.cpp, or any GGUF file.

    Samples one sibling after the other. The runtime and the weights are loaded at the first
    sampling.
    """

    provider = "local"

    def __init__(
        self,
        *,
        weights: Path | None = None,
        cache: Path | None = None,
        choose_seed: Callable[[], int] | None = None,
    ) -> None:
        """Make a sampler; nothing is loaded yet.

        Args:
            weights: A GGUF file to use instead of the embedded model.
            cache: Where the prepared model is kept; by default the user's cache folder.
            choose_seed: Gives a seed to samplings that name none, 0 to 2**31 - 1.
        """
        self._given = weights
        self._cache = cache or Path(platformdirs.user_cache_dir("grok-tree"))
        self._choose_seed = choose_seed or _random_seed
        self._name = weights.stem if weights else NAME
        self._engine: Engine | None = None
        self._one_at_a_time = anyio.Lock()

    def models(self) -> Sequence[Model]:
        """Return the one model that is served."""
        return [
            Model(
                name=f"local/{self._name}",
                description="small enough for any laptop: fluent English, poor facts",
                context_length=CONTEXT_TOKENS,
                capabilities=_CAPABILITIES,
                unavailable_because="" if self._engine else _weights.missing_reason(),
            )
        ]

    def check(self, model: str, settings: Settings, n: int) -> None:  # noqa: ARG002
        """Refuse other models, and this one while something is missing."""
        if model != self._name:
            raise ModelNotFound(
                f"there is no model local/{model}; there is local/{self._name}",
                model=f"local/{model}",
            )
        if self._engine is None and (reason := _weights.missing_reason()):
            raise SamplerUnavailable(f"local/{model} cannot be used: {reason}")

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the tokens of sibling 0, then of sibling 1 and so on."""
        self.check(model, settings, n)
        turns = await prompt.load_turns()
        seed = self._choose_seed() if settings.seed is None else settings.seed
        settings = _with_defaults(settings)
        async with self._one_at_a_time:
            engine = await self._loaded()
            for index in range(n):
                own = msgspec.structs.replace(settings, seed=(seed + index) % _MAX_SEED)
                request = chat_request(turns, prompt, own)
                async for event in engine.stream(request, index, prefill=prompt.prefill):
                    yield self._explained(event, own) if isinstance(event, Finished) else event

    async def aclose(self) -> None:
        """Free the model's memory."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await anyio.to_thread.run_sync(engine.close)

    async def _loaded(self) -> Engine:
        if self._engine is not None:
            return self._engine
        # Not to be abandoned half-way: a load that goes on unseen would hold the memory.
        with anyio.CancelScope(shield=True):
            engine = await anyio.to_thread.run_sync(self._load)
        self._engine = engine
        return engine

    def _load(self) -> Engine:
        if reason := _weights.missing_reason():
            raise SamplerUnavailable(f"local/{self._name} cannot be used: {reason}")
        if self._given is None:
            weights = _weights.prepared_weights(self._cache)
        else:
            weights = _weights.given_weights(self._given)
        return Engine(weights, n_context=CONTEXT_TOKENS, n_threads=os.cpu_count() or 1)

    def _explained(self, finished: Finished, settings: Settings) -> Finished:
        assert self._engine is not None
        provenance: dict[str, Any] = {
            "runtime": f"xllamacpp {version('xllamacpp')}",
            "weights_sha256": self._engine.weights.sha256,
            "quantisation": self._engine.weights.quantisation,
            "flash_attention": "on",
            "seed": str(settings.seed),
        }
        return msgspec.structs.replace(finished, provenance=provenance)


def _with_defaults(settings: Settings) -> Settings:
    given = {
        name: value for name, value in msgspec.structs.asdict(settings).items() if value is not None
    }
    return msgspec.structs.replace(DEFAULTS, **given)


def _random_seed() -> int:
    return random.SystemRandom().randrange(_MAX_SEED)
