"""Local models: a small real language model that runs inside this process."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import anyio
import anyio.to_thread
import msgspec

from grok_tree.errors import (
    ModelNotFound,
    SamplerRefused,
    SamplerUnavailable,
    SamplingInterrupted,
)
from grok_tree.forest import FREE, Model, SamplerEvent, Settings
from grok_tree.samplers import _embedding, _weights
from grok_tree.samplers._capabilities import check_settings_supported
from grok_tree.samplers._contract import Embeddings, Prompt, SamplerSetup, Turn
from grok_tree.samplers._embedding import SentenceModel
from grok_tree.samplers._llama import Engine
from grok_tree.samplers._llama_answer import Answer
from grok_tree.samplers._llama_request import chat_request
from grok_tree.samplers._mailbox import Mailbox

NAME = "smollm2-135m"
CONTEXT_TOKENS = 8192
DEFAULTS = Settings(temperature=0.7, top_p=0.95, min_p=0.05, top_k=0, max_tokens=64)
"""What is used where a request leaves a setting open."""

_CAPABILITIES = ("logprobs", "min_p", "prefill", "seed", "stop", "top_k")
_N_SEEDS = 2**32 - 1
"""The runtime takes 32 bits, of which the largest number means a random seed."""


class LocalSampler:
    """SmolLM2-135M-Instruct on llama.cpp, or any chat model in a GGUF file.

    What a request leaves open is temperature 0.7, top_p 0.95, min_p 0.05, all of the vocabulary
    (top_k 0) and 64 tokens. Without a seed it chooses one; the seed of each sibling is in its
    provenance, and gives the same text again on the same machine and runtime.

    One sampling runs at a time, one sibling after the other, in a thread of its own. The runtime
    and the weights are loaded at the first sampling.
    """

    provider = "local"

    def __init__(
        self,
        *,
        weights: Path | None = None,
        cache: Path | None = None,
        choose_seed: Callable[[], int] | None = None,
        n_context: int = CONTEXT_TOKENS,
        n_threads: int | None = None,
    ) -> None:
        """Make a sampler; nothing is loaded yet.

        Args:
            weights: A GGUF file to use instead of the embedded model; its stem is the model's name.
            cache: Where the prepared model is kept; by default the user's cache folder.
            choose_seed: Gives a seed, 0 or more, to samplings that name none.
            n_context: Tokens of prompt and answer together.
            n_threads: Threads that compute prompts; by default one less than there are cores.
        """
        self._given = weights
        self._cache = cache
        self._choose_seed = choose_seed or _random_seed
        self._n_context = n_context
        self._n_threads = n_threads or max(1, _n_cores() - 1)
        self._name = weights.stem if weights else NAME
        self._engine: Engine | None = None
        self._sentences = SentenceModel()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="grok-tree-local-model")
        self._jobs: set[_Job] = set()
        self._closed = False

    @classmethod
    def from_setup(cls, setup: SamplerSetup) -> Self:
        """Return the sampler of this machine."""
        return cls(cache=setup.cache)

    async def refresh(self) -> None:
        """Do nothing: there is nobody to ask."""

    def models(self) -> Sequence[Model]:
        """Return the model that answers, then the one that turns sentences into vectors."""
        return [
            Model(
                name=f"local/{self._name}",
                description=_description(self._given),
                context_length=self._n_context,
                capabilities=_CAPABILITIES,
                prices=FREE,
                default_max_tokens=DEFAULTS.max_tokens or 0,
                unavailable_because=self._missing_reason(),
            ),
            self._sentences.model(),
        ]

    def check(self, model: str, settings: Settings, n: int) -> None:  # noqa: ARG002
        """Refuse other models, settings it cannot follow, and this one while something is missing.

        Raises:
            ModelNotFound: Another model was named.
            SamplerRefused: It cannot follow a setting, or cannot answer at all.
            SamplerUnavailable: The runtime or the weights are missing, or the sampler is closed.
        """
        if model == _embedding.NAME:
            raise SamplerRefused(
                f"local/{model} turns texts into vectors and cannot answer;"
                f" sample local/{self._name}"
            )
        if model != self._name:
            raise self._unknown(model)
        check_settings_supported(f"local/{model}", _CAPABILITIES, settings)
        if reason := self._missing_reason():
            raise SamplerUnavailable(f"local/{model} cannot be used: {reason}")

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the tokens of sibling 0, then of sibling 1 and so on.

        Raises:
            ContextTooLong: The path does not fit; nothing was cut from it.
            SamplerUnavailable: The model cannot be loaded.
            SamplingError: The model failed.
            SamplingInterrupted: The sampler was closed meanwhile.
        """
        self.check(model, settings, n)
        asks = list(self._asks(await prompt.load_turns(), prompt, settings, n))
        self.check(model, settings, n)
        job = _Job(asks, Mailbox())
        self._jobs.add(job)
        running = self._worker.submit(self._run, job)
        try:
            while events := await job.mail.take():
                for event in events:
                    yield event
        finally:
            # The thread is not waited for: it ends at its next token, and the next job after it.
            running.cancel()
            job.stopped.set()
            self._jobs.discard(job)

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """Return a vector for each text.

        Raises:
            ModelNotFound: Another model was named.
            SamplerRefused: The model that answers was named.
            SamplerUnavailable: A package is missing, or the sampler is closed.
        """
        if model == self._name:
            raise SamplerRefused(
                f"local/{model} answers and has no vectors; embed with local/{_embedding.NAME}"
            )
        if model != _embedding.NAME:
            raise self._unknown(model)
        return await self._sentences.embed(texts)

    async def aclose(self) -> None:
        """End what runs, the thread and the model; the sampler cannot be used any more."""
        self._closed = True
        for job in list(self._jobs):
            job.stopped.set()
            job.mail.close(
                SamplingInterrupted(
                    f"the sampler of local/{self._name} was closed; what came is kept"
                )
            )
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(_shut_down, self._worker)
        self._engine = None
        await self._sentences.aclose()

    def _unknown(self, model: str) -> ModelNotFound:
        return ModelNotFound(
            f"there is no model local/{model};"
            f" there is local/{self._name}, and local/{_embedding.NAME} for vectors",
            model=f"local/{model}",
        )

    def _missing_reason(self) -> str:
        if self._closed:
            return "its sampler was closed; start again"
        return "" if self._engine else _weights.missing_reason(self._given)

    def _asks(
        self, turns: Sequence[Turn], prompt: Prompt, settings: Settings, n: int
    ) -> Iterator[_Ask]:
        seed = self._choose_seed() if settings.seed is None else settings.seed
        complete = _with_defaults(settings)
        for index in range(n):
            own = msgspec.structs.replace(complete, seed=(seed + index) % _N_SEEDS)
            yield _Ask(chat_request(turns, prompt, own), own, index)

    def _run(self, job: _Job) -> None:
        """Answer a job in the worker thread."""
        try:
            for ask in job.asks:
                if not job.stopped.is_set():
                    self._answer(ask, job)
            job.mail.close()
        except Exception as error:
            job.mail.close(error)

    def _answer(self, ask: _Ask, job: _Job) -> None:
        if self._engine is None:
            self._engine = self._load()
        answer = Answer(ask.index, ask.settings)
        self._engine.answer(ask.request, answer, take=job.mail.put, stopped=job.stopped.is_set)
        if not job.stopped.is_set():
            provenance = {**self._engine.provenance, "seed": str(ask.settings.seed)}
            job.mail.put(answer.finished(provenance))

    def _load(self) -> Engine:
        if self._given is None:
            weights = _weights.prepared_weights(self._cache or _weights.user_cache())
        else:
            weights = _weights.given_weights(self._given)
        return Engine(weights, n_context=self._n_context, n_threads=self._n_threads)


@dataclass(frozen=True)
class _Ask:
    """What is asked for one sibling."""

    request: dict[str, Any]
    settings: Settings
    index: int


@dataclass(frozen=True, eq=False)
class _Job:
    """A sampling on its way through the worker thread."""

    asks: Sequence[_Ask]
    mail: Mailbox[SamplerEvent]
    stopped: threading.Event = field(default_factory=threading.Event)


def _with_defaults(settings: Settings) -> Settings:
    given = {
        name: value for name, value in msgspec.structs.asdict(settings).items() if value is not None
    }
    return msgspec.structs.replace(DEFAULTS, **given)


def _description(given: Path | None) -> str:
    if given is None:
        return "small enough for any laptop: fluent English, poor facts"
    return f"the model file {given.name}"


def _shut_down(worker: ThreadPoolExecutor) -> None:
    worker.shutdown(wait=True, cancel_futures=True)


def _random_seed() -> int:
    return random.SystemRandom().randrange(_N_SEEDS)


def _n_cores() -> int:
    """Return how many cores this process may use.

    One of them is left to everything else: threads that outnumber the free cores wait for each
    other most of the time.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
