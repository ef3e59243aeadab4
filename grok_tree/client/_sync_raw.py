"""The blocking twins of what works without a conversation."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self, Unpack

from grok_tree.client._embedder import Embedder
from grok_tree.client._portal import Portal
from grok_tree.client._raw import Completion, CompletionOptions, Continuation, RawSampler
from grok_tree.forest import Token
from grok_tree.samplers import Embeddings


class SyncContinuation:
    """A text that is being continued.

    Iterate it for the tokens, call `result` for the whole. The model is asked at first use, and
    stopped when the handle is closed, dropped, or its ``with`` block is left.
    """

    def __init__(self, portal: Portal, continuation: Continuation) -> None:
        """The sampler's client makes these."""
        self._portal = portal
        self._continuation = continuation
        self._waiting: deque[Token] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Token:
        """Wait for the next token.

        Raises:
            SamplingError: The model failed.
        """
        if not self._waiting:
            self._waiting.extend(self._portal.run(self._continuation._next_batch))
        if not self._waiting:
            raise StopIteration
        return self._waiting.popleft()

    def result(self) -> Completion:
        """Wait for the whole; reads the stream to its end.

        Raises:
            SamplingError: The model failed.
        """
        return self._portal.run(self._continuation.result)

    def close(self) -> None:
        """Stop the model."""
        self._portal.run(self._continuation.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class SyncRawSampler:
    """Continues texts with the models of the server that can."""

    def __init__(self, portal: Portal, sampler: RawSampler) -> None:
        """Clients make these."""
        self._portal = portal
        self._sampler = sampler

    def sample(self, prompt: str = "", **options: Unpack[CompletionOptions]) -> SyncContinuation:
        """Continue a text; nothing is stored.

        Args:
            prompt: What is continued, before the inputs.
            options: See `CompletionOptions`.

        Raises:
            InvalidOperationError: There is nothing to continue, or an option is out of range.
        """
        return SyncContinuation(self._portal, self._sampler.sample(prompt, **options))


class SyncEmbedder:
    """Turns texts into vectors with the models of the server that can."""

    def __init__(self, portal: Portal, embedder: Embedder) -> None:
        """Clients make these."""
        self._portal = portal
        self._embedder = embedder

    def embed(
        self, texts: Sequence[str], model_name: str = "", *, timeout: float | None = None
    ) -> Embeddings:
        """Return a vector for each text, in their order.

        Args:
            texts: Any number; a model reads as much of the beginning of each as it can.
            model_name: ``provider/model`` with the capability ``embeddings``; empty for the first
                that can, a local one if there is one.
            timeout: Seconds until a call fails; None for the client's, or an hour.

        Returns:
            The vectors, all of the same length, and the name of the model that was used.

        Raises:
            InvalidOperationError: One text was given in the place of several.
            ModelNotFound: There is no such model.
            SamplerRefused: The model cannot do this.
        """
        return self._portal.run(self._embedder.embed, texts, model_name, timeout=timeout)
