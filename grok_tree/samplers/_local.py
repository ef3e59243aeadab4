"""Local models: a small real language model that runs inside this process."""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import anyio
import anyio.to_thread
import msgspec

from grok_tree.errors import (
    ConfigurationError,
    ModelNotFound,
    SamplerRefused,
    SamplerUnavailable,
    SamplingInterrupted,
)
from grok_tree.forest import FREE, Model, SamplerEvent, Settings
from grok_tree.samplers import _embedding, _weights
from grok_tree.samplers._capabilities import check_settings_supported
from grok_tree.samplers._contract import (
    Embeddings,
    Prompt,
    RawPrompt,
    SamplerSetup,
    TextToken,
)
from grok_tree.samplers._embedding import SentenceModel
from grok_tree.samplers._llama import Engine
from grok_tree.samplers._llama_answer import Answer
from grok_tree.samplers._llama_engines import Engines
from grok_tree.samplers._llama_request import Asked, chat_request, completion_request
from grok_tree.samplers._llama_tokens import Tokens
from grok_tree.samplers._mailbox import Mailbox

NAME = "smollm2-135m"
CONTEXT_TOKENS = 8192
DEFAULTS = Settings(temperature=0.7, top_p=0.95, min_p=0.05, top_k=0, max_tokens=64)
"""What is used where a request leaves a setting open."""

_CAPABILITIES = (
    "completion",
    "logprobs",
    "min_p",
    "native_n",
    "penalties",
    "prefill",
    "seed",
    "stop",
    "structured",
    "token_limits",
    "tokenizer",
    "top_k",
)
WEIGHTS_VARIABLE = "GROK_TREE_WEIGHTS"
_N_SEEDS = 2**32 - 1
"""The runtime takes 32 bits, of which the largest number means a random seed."""


class LocalSampler:
    """SmolLM2-135M-Instruct on llama.cpp, or any chat model in a GGUF file.

    What a request leaves open is temperature 0.7, top_p 0.95, min_p 0.05, all of the vocabulary
    (top_k 0) and 64 tokens. Without a seed it chooses one; the seed of each sibling is in its
    provenance, and gives the same text again on the same machine and runtime.

    One sampling runs at a time, in a thread of its own; its prompt is computed once and its
    siblings grow together, 8 at most. Those whose prompt and longest answer exceed 2,048 tokens
    come one after the other. What was computed is kept: a resampling computes one token of its
    prompt again, and the next turn what is new, also after other conversations. None of this
    changes a text. The runtime and the weights are loaded at the first sampling.
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
        self._engines: Engines | None = None
        self._sentences = SentenceModel()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="grok-tree-local-model")
        self._jobs: set[_Job] = set()
        self._closed = False

    @classmethod
    def from_setup(cls, setup: SamplerSetup) -> Self:
        """Return the sampler of this machine.

        Its model is the GGUF file that GROK_TREE_WEIGHTS or the option ``weights`` names.

        Raises:
            ConfigurationError: The option is no path.
        """
        given = setup.environment.get(WEIGHTS_VARIABLE) or setup.options.get("weights") or ""
        if not isinstance(given, str):
            raise ConfigurationError(
                f"weights = {given!r} under [local] in the configuration is no path;"
                " name a GGUF file"
            )
        return cls(weights=Path(given).expanduser() if given else None, cache=setup.cache)

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
        """Yield the tokens of all siblings as they come, of at most 8 at once.

        Raises:
            ContextTooLong: The path does not fit; nothing was cut from it.
            SamplerUnavailable: The model cannot be loaded.
            SamplingError: The model failed.
            SamplingInterrupted: The sampler was closed meanwhile.
        """
        self.check(model, settings, n)
        turns = await prompt.load_turns()
        complete = self._complete_settings(settings)
        job = _Job(lambda _tokens: chat_request(turns, prompt, complete), complete, n)
        async with aclosing(self._events(job, model)) as events:
            async for event in events:
                yield event

    async def complete(
        self, model: str, prompt: RawPrompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the tokens of all continuations as they come, with the errors of `sample`.

        Marks of the model's template count as tokens in a text. A stop token is left out, as a
        stop text is.

        Raises:
            SamplerRefused: The prompt is empty, or a text is not exactly one token.
        """
        self.check(model, settings, n)
        complete = self._complete_settings(settings)
        job = _Job(lambda tokens: completion_request(prompt, complete, tokens), complete, n)
        async with aclosing(self._events(job, model)) as events:
            async for event in events:
                yield event

    async def tokenize(self, model: str, text: str) -> Sequence[TextToken]:
        """Return the tokens of a text, marks of the model's template included.

        What runs is not waited for, except while the model is loaded.

        Raises:
            SamplerUnavailable: The model cannot be loaded.
            SamplingInterrupted: The sampler was closed meanwhile.
        """
        self.check(model, Settings(), 1)
        if self._engines is None:
            await asyncio.wrap_future(self._worker.submit(self._ready))
        engines = self._engines
        if engines is None:
            raise SamplingInterrupted(f"the sampler of local/{model} was closed meanwhile")
        return await anyio.to_thread.run_sync(engines.shared.tokens.tokens, text)

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
        self._engines = None
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
        return "" if self._engines else _weights.missing_reason(self._given)

    def _complete_settings(self, settings: Settings) -> Settings:
        seed = self._choose_seed() if settings.seed is None else settings.seed
        return msgspec.structs.replace(_with_defaults(settings), seed=seed)

    async def _events(self, job: _Job, model: str) -> AsyncGenerator[SamplerEvent, None]:
        # It may have been closed while the path was read.
        self.check(model, job.settings, job.n)
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

    def _run(self, job: _Job) -> None:
        """Answer a job in the worker thread."""
        try:
            engines = self._ready()
            asked = job.ask(engines.shared.tokens)
            engine = engines.fitting(asked.request)
            for group in _groups(job, engine.n_slots):
                if not job.stopped.is_set():
                    _answer(engine, asked, group, job)
            job.mail.close()
        except Exception as error:
            job.mail.close(error)

    def _ready(self) -> Engines:
        """Return the model, loaded by now; only the worker thread loads it."""
        if self._engines is None:
            self._engines = self._load()
        return self._engines

    def _load(self) -> Engines:
        if self._given is None:
            weights = _weights.prepared_weights(self._cache or _weights.user_cache())
        else:
            weights = _weights.given_weights(self._given)
        return Engines(weights, n_context=self._n_context, n_threads=self._n_threads)


@dataclass(frozen=True, eq=False)
class _Job:
    """A sampling on its way through the worker thread.

    Attributes:
        ask: Says it in the runtime's words, given the model's vocabulary.
        settings: Complete.
        n: Number of siblings.
        mail: Where its events go.
        stopped: Set when nobody waits for them any more.
    """

    ask: Callable[[Tokens], Asked]
    settings: Settings
    n: int
    mail: Mailbox[SamplerEvent] = field(default_factory=Mailbox)
    stopped: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class _Group:
    """Siblings that grow together."""

    first: int
    n: int
    settings: Settings


def _groups(job: _Job, most: int) -> Iterator[_Group]:
    """Yield the siblings in groups of which each has consecutive seeds."""
    first = 0
    while first < job.n:
        seed = ((job.settings.seed or 0) + first) % _N_SEEDS
        n = min(most, job.n - first, _N_SEEDS - seed)
        yield _Group(first, n, msgspec.structs.replace(job.settings, seed=seed))
        first += n


def _answer(engine: Engine, asked: Asked, group: _Group, job: _Job) -> None:
    answer = Answer(
        group.settings,
        engine.provenance,
        first=group.first,
        n=group.n,
        stop_tokens=asked.stop_tokens,
    )
    request = {**asked.request, "n": group.n, "seed": group.settings.seed}
    engine.answer(request, answer, take=job.mail.put, stopped=job.stopped.is_set)


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
