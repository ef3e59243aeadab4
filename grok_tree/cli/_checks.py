"""The checks of ``grok-tree doctor``, one finding each or several."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

from grok_tree.cli._database_checks import database_findings, served_findings
from grok_tree.cli._findings import Finding
from grok_tree.cli._mirror_checks import mirror_findings
from grok_tree.cli._settings import places, read_settings
from grok_tree.cli._where import Where
from grok_tree.client import samplers_of_this_machine
from grok_tree.errors import GrokTreeError
from grok_tree.forest import Model, Settings
from grok_tree.samplers import SamplerRegistry
from grok_tree.server import DEFAULT_MODEL

_PACKAGES = ("grok-tree", "grpcio", "protobuf", "sqlalchemy", "msgspec")
_RUNTIME = "xllamacpp"


def local_findings(where: Where) -> Iterator[Finding]:
    """Check this machine and the embedded server's database."""
    yield from _versions()
    yield _configuration()
    yield from database_findings(where)
    yield from mirror_findings()
    yield _runtime()
    samplers = samplers_of_this_machine()
    yield _default_model(samplers, where.model or DEFAULT_MODEL)
    yield from _models(samplers.models())


def remote_findings(where: Where) -> Iterator[Finding]:
    """Check the way to a server, its database and its models."""
    yield from _versions()
    yield _configuration()
    yield from mirror_findings()
    try:
        with where.client() as client:
            models = client.models.list()
            yield Finding("server", "ok", f"{where.host} answers")
            yield from served_findings(client)
    except GrokTreeError as error:
        yield Finding("server", "problem", error.message)
        return
    yield from _models(models)


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    found = [f"{name} {_version(name)}" for name in _PACKAGES]
    yield Finding("packages", "ok", ", ".join(found))


def _configuration() -> Finding:
    path = places().config
    said = [name for name, value in asdict(read_settings(path)).items() if value]
    if not path.exists():
        return Finding("config", "ok", f"{path} is not there, and need not be")
    return Finding("config", "ok", f"{path} sets {', '.join(said) or 'nothing'}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed as a package)"


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
