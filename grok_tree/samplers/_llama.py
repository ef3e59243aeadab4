"""The runtime of the embedded model: llama.cpp's server, called in a worker thread."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Any

import anyio
import anyio.to_thread

from grok_tree.errors import ContextTooLong, GrokTreeError, SamplingError
from grok_tree.forest import (
    Finished,
    FinishReason,
    SamplerEvent,
    Token,
    TokenAlternative,
    TokenLogprob,
    Usage,
)
from grok_tree.samplers._weights import Weights

_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}

Chunk = dict[str, Any]


class Engine:
    """A loaded model that answers one request at a time."""

    def __init__(self, weights: Weights, *, n_context: int, n_threads: int) -> None:
        """Load a model; takes about half a second.

        Args:
            weights: The model file.
            n_context: Tokens of prompt and answer together.
            n_threads: For prompts; a single answer is decoded by one thread, because more of them
                collapse as soon as anything else runs.
        """
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(weights.path)
        parameters.n_ctx = n_context
        parameters.n_parallel = 1
        parameters.kv_unified = True
        parameters.verbosity = 0
        parameters.ui = False
        # The runtime also opens a port on this machine; without this key nobody can use it.
        parameters.api_keys = [secrets.token_urlsafe(32)]
        parameters.cpuparams.n_threads = 1
        parameters.cpuparams_batch.n_threads = n_threads
        flash_attention = xllamacpp.llama_flash_attn_type
        parameters.flash_attn_type = flash_attention.LLAMA_FLASH_ATTN_TYPE_ENABLED
        self.weights = weights
        self._server = xllamacpp.Server(parameters)

    async def stream(
        self, request: dict[str, Any], index: int, *, prefill: str = ""
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the events of one answer; closing the iterator stops the model.

        Raises:
            ContextTooLong: The prompt does not fit.
            SamplingError: The runtime failed.
        """
        call = _Call(self._server.handle_chat_completions, request)
        answer = _Answer(index, prefill)
        # Errors are raised outside the task group, which would wrap them.
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call.run)
            try:
                async for chunk in call.chunks():
                    for event in answer.events(chunk):
                        yield event
            finally:
                call.stop()
        yield answer.finished()

    def close(self) -> None:
        """Free the memory and the port."""
        self._server = None


class _Call:
    """One request on its way through a worker thread."""

    def __init__(self, handle: Callable[..., Any], request: dict[str, Any]) -> None:
        self._handle = handle
        self._request = request
        self._stopped = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Chunk | None] = asyncio.Queue()

    def stop(self) -> None:
        """Make the model stop at its next token."""
        self._stopped.set()

    async def run(self) -> None:
        """Run the request to its end, also when the reader is cancelled: it ends soon then."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._run)

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """Yield what the runtime sends until it has ended."""
        while (chunk := await self._queue.get()) is not None:
            yield chunk

    def _run(self) -> None:
        try:
            reply = self._handle(self._request, self._take)
            if isinstance(reply, dict):
                self._put(reply)
        except Exception as error:
            self._put({"error": {"message": str(error)}})
        finally:
            self._put(None)

    def _take(self, chunk: Chunk) -> bool:
        self._put(chunk)
        return self._stopped.is_set()

    def _put(self, chunk: Chunk | None) -> None:
        self._loop.call_soon_threadsafe(partial(self._queue.put_nowait, chunk))


class _Answer:
    """Turns the runtime's chunks into events."""

    def __init__(self, index: int, prefill: str) -> None:
        self._index = index
        self._repeated = prefill
        self._reason: FinishReason = "failed"
        self._usage = Usage()
        self._error: GrokTreeError | None = None

    def events(self, chunk: Chunk) -> list[SamplerEvent]:
        if "error" in chunk:
            self._error = _error(chunk["error"])
        if usage := chunk.get("usage"):
            self._usage = _usage(usage)
        return [event for choice in chunk.get("choices", ()) for event in self._choice(choice)]

    def finished(self) -> Finished:
        if self._error is not None:
            raise self._error
        return Finished(finish_reason=self._reason, index=self._index, usage=self._usage)

    def _choice(self, choice: Chunk) -> list[SamplerEvent]:
        if reason := choice.get("finish_reason"):
            self._reason = _REASONS.get(reason, "stop")
        text = self._new_text((choice.get("delta") or {}).get("content") or "")
        if not text:
            return []
        tokens = (choice.get("logprobs") or {}).get("content") or ()
        logprob = _logprob(text, tokens[0]) if tokens else None
        return [Token(text, self._index, logprob=logprob)]

    def _new_text(self, text: str) -> str:
        """Take away the beginning that was given, which the runtime repeats."""
        if self._repeated.startswith(text):
            self._repeated = self._repeated[len(text) :]
            return ""
        if text.startswith(self._repeated):
            text = text[len(self._repeated) :]
        self._repeated = ""
        return text


def _logprob(text: str, token: Chunk) -> TokenLogprob:
    others = tuple(
        TokenAlternative(other["token"], other["logprob"]) for other in token["top_logprobs"]
    )
    return TokenLogprob(text, token["logprob"], others)


def _usage(usage: Chunk) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        prompt_tokens=usage.get("prompt_tokens", 0),
        cached_prompt_tokens=details.get("cached_tokens", 0),
        completion_tokens=usage.get("completion_tokens", 0),
    )


def _error(error: Chunk) -> GrokTreeError:
    message = str(error.get("message", error))
    if error.get("type") == "exceed_context_size_error" or "context size" in message:
        return ContextTooLong(
            f"the path does not fit into the model's context ({message});"
            " branch from an earlier response or use a model with a longer context"
        )
    return SamplingError(f"the embedded model failed: {message}")
