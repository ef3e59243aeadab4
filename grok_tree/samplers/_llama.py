"""The runtime of local models: llama.cpp's own server, used inside this process."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from grok_tree.errors import SamplerUnavailable
from grok_tree.forest import SamplerEvent
from grok_tree.samplers._llama_answer import Answer, Chunk, runtime_error
from grok_tree.samplers._llama_tokens import Tokens
from grok_tree.samplers._weights import Weights

PACKAGE = "xllamacpp"

_BATCH_TOKENS = 48
"""Tokens of a prompt that are computed at once.

From 64 on the runtime adds numbers in another order. Below, a token gets the same bits in whichever
batch it comes, so an answer does not depend on what happens to be cached. A small batch also ends
soon when a reader leaves during a long prompt.
"""

_PARENT_SLOT = 0
"""Where prompts are computed. The other slots hold siblings, and nothing once they have ended."""

_CACHE_MIB = 256
"""Prompts of other conversations that are kept in memory; the runtime would take 8 GiB."""


class Engine:
    """A loaded model, which answers one request at a time in the thread that asks.

    A request may ask for as many siblings as there are slots. They share one prompt, which is
    computed once, and grow together.
    """

    def __init__(self, weights: Weights, *, n_context: int, n_slots: int, n_threads: int) -> None:
        """Load a model; takes about half a second.

        Args:
            weights: The model file.
            n_context: Tokens of prompt and answer together, of each sibling.
            n_slots: Most siblings of a request.
            n_threads: For prompts and several siblings; one alone is decoded by one thread.

        Raises:
            SamplerUnavailable: The runtime or the file cannot be loaded.
        """
        self.n_context = n_context
        self.n_slots = n_slots
        self.provenance = {
            "runtime": f"{PACKAGE} {version(PACKAGE)}",
            "weights_sha256": weights.sha256,
            "quantisation": weights.quantisation,
            "flash_attention": "on",
        }
        try:
            # The runtime also opens a port on this machine; without this key nobody can use it.
            key = secrets.token_urlsafe(32)
            self._server = _loaded(weights, n_context, n_slots, n_threads=n_threads, key=key)
            self.tokens = Tokens(self._server.listening_address, key)
        except ImportError as error:
            raise SamplerUnavailable(
                f"the runtime {PACKAGE} is installed but cannot be imported ({error});"
                " it needs libgomp and libstdc++ of the system (Debian: libgomp1, libstdc++6)"
            ) from error
        except RuntimeError as error:
            raise SamplerUnavailable(
                f"the runtime cannot load {weights.path}; if the memory suffices, the file is"
                f" damaged: {weights.remedy}"
            ) from error

    def answer(
        self,
        request: dict[str, Any],
        answer: Answer,
        *,
        take: Callable[[SamplerEvent], None],
        stopped: Callable[[], bool],
    ) -> None:
        """Sample the siblings of one request.

        Args:
            request: In the words of the runtime's interface for chats, or for completions when it
                has a ``prompt``; streamed.
            answer: Reads the runtime's reply.
            take: Gets every event.
            stopped: Whether the model shall stop; asked after each token and during the prompt.

        Raises:
            ContextTooLong: The prompt does not fit.
            SamplingError: The runtime failed.
        """
        failures: list[Exception] = []

        def on_chunk(chunk: Chunk) -> bool:
            # The runtime swallows what is raised here.
            try:
                for event in answer.events(chunk):
                    take(event)
            except Exception as error:
                failures.append(error)
            return bool(failures) or answer.complete or stopped()

        server = self._server
        ask = server.handle_completions if "prompt" in request else server.handle_chat_completions
        try:
            ask({**request, "id_slot": _PARENT_SLOT}, on_chunk)
        except (ValueError, RuntimeError) as error:
            raise runtime_error({"message": str(error)}) from error
        if failures:
            raise failures[0]
        if not stopped():
            answer.check_complete()


def _loaded(weights: Weights, n_context: int, n_slots: int, *, n_threads: int, key: str) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights.path)
    parameters.n_ctx = n_context * n_slots
    parameters.n_parallel = n_slots
    # In one cache for all, a sibling that ends leaves cells in which the others go on. Attention
    # adds in the order of the cells, so their bits would depend on when their siblings end.
    parameters.kv_unified = False
    parameters.n_batch = parameters.n_ubatch = _BATCH_TOKENS
    parameters.cache_ram_mib = _CACHE_MIB
    # A path may end with an answer, below which another one is sampled; only a request that asks
    # for it continues the last one.
    parameters.prefill_assistant = False
    parameters.verbosity = 0
    parameters.ui = False
    parameters.api_keys = [key]
    # Two threads decode faster on an idle machine and several times slower on a busy one.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = n_threads
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    return xllamacpp.Server(parameters)
