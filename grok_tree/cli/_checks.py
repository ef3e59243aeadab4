"""The checks of ``grok-tree doctor``, one finding each or several."""

from __future__ import annotations

import importlib
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from grok_tree.cli._where import Where
from grok_tree.client import default_database
from grok_tree.errors import GrokTreeError, StoreBusy
from grok_tree.forest import Model, Settings
from grok_tree.samplers import SamplerRegistry, installed_samplers
from grok_tree.server import DEFAULT_MODEL
from grok_tree.store import Store, canonical_location, is_file, library_warning

_PACKAGES = ("grok-tree", "grpcio", "protobuf", "sqlalchemy", "msgspec")
_RUNTIME = "xllamacpp"
_LITTLE_SPACE, _NO_SPACE = 1 << 30, 100 << 20


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        what: What was looked at, in a word.
        state: Whether it is well.
        detail: A sentence; for a problem, with what to do.
    """

    what: str
    state: Literal["ok", "warning", "problem"]
    detail: str


def local_findings(where: Where) -> Iterator[Finding]:
    """Check this machine and the embedded server's database."""
    location = canonical_location(where.database or default_database())
    yield from _versions()
    if is_file(location):
        yield _sqlite()
        yield _file(Path(location))
        yield _disk(Path(location))
    else:
        yield _database(location)
    yield _runtime()
    samplers = installed_samplers()
    yield _default_model(samplers, where.model or DEFAULT_MODEL)
    yield from _models(samplers.models())


def remote_findings(where: Where) -> Iterator[Finding]:
    """Check the way to a server, and its models."""
    yield from _versions()
    try:
        with where.client() as client:
            models = client.models.list()
    except GrokTreeError as error:
        yield Finding("server", "problem", error.message)
        return
    yield Finding("server", "ok", f"{where.host} answers")
    yield from _models(models)


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    found = [f"{name} {_version(name)}" for name in _PACKAGES]
    yield Finding("packages", "ok", ", ".join(found))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed as a package)"


def _sqlite() -> Finding:
    warning = library_warning()
    return Finding("sqlite", "warning" if warning else "ok", warning or "no known defect")


def _file(path: Path) -> Finding:
    if not path.exists():
        return Finding("database", "ok", f"{path} is not there yet; its first use makes it")
    return _database(str(path))


def _database(location: str) -> Finding:
    try:
        store = Store.open(location, create=False)
    except StoreBusy as busy:
        return Finding("database", "warning", f"it could not be checked: {busy.message}")
    except GrokTreeError as error:
        return Finding("database", "problem", error.message)
    try:
        problems = store.check()
    finally:
        store.close()
    detail = "; ".join(problems) or store.description
    return Finding("database", "problem" if problems else "ok", detail)


def _disk(path: Path) -> Finding:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / (1 << 30):,.1f} GiB free in {folder}"
    if free < _NO_SPACE:
        return Finding("disk", "problem", f"{detail}; make room before anything is written")
    return Finding("disk", "warning" if free < _LITTLE_SPACE else "ok", detail)


def _runtime() -> Finding:
    try:
        importlib.import_module(_RUNTIME)
    except ModuleNotFoundError:
        hint = 'python -m pip install "grok-tree[local]"'
        return Finding("runtime", "warning", f"{_RUNTIME} is not installed; run: {hint}")
    except ImportError as error:
        return Finding("runtime", "problem", f"{_RUNTIME} cannot be loaded: {error}")
    return Finding("runtime", "ok", f"{_RUNTIME} {_version(_RUNTIME)}")


def _default_model(samplers: SamplerRegistry, name: str) -> Finding:
    try:
        sampler, model = samplers.resolve(name)
        sampler.check(model, Settings(), 1)
    except GrokTreeError as error:
        return Finding("model", "problem", error.message)
    return Finding("model", "ok", f"{name} is the default")


def _models(models: list[Model]) -> Iterator[Finding]:
    available = [model.name for model in models if model.available]
    yield Finding("models", "ok", f"available: {', '.join(available)}")
    for model in models:
        if not model.available:
            yield Finding("models", "warning", f"{model.name}: {model.unavailable_because}")
