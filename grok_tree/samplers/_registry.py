"""From the name of a model to the sampler that serves it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from importlib.metadata import EntryPoint, entry_points

import anyio
import anyio.to_thread

from grok_tree.errors import ConfigurationError, GrokTreeError, ModelNotFound, SamplerUnavailable
from grok_tree.forest import Model
from grok_tree.samplers._contract import Sampler, SamplerSetup
from grok_tree.samplers.openai import OPENAI, OpenAISampler, configured_endpoints

ENTRY_POINTS = "grok_tree.samplers"
"""Group of entry points; each names a provider and leads to a callable that makes its sampler.

The callable is given a `SamplerSetup`.
"""

_BUILT_IN = {
    "local": "grok_tree.samplers:LocalSampler.from_setup",
    "openai": "grok_tree.samplers:OpenAISampler.from_setup",
    "replay": "grok_tree.samplers:ReplaySampler.from_setup",
    "scripted": "grok_tree.samplers:ScriptedSampler.from_setup",
    "xai": "grok_tree.samplers:XaiSampler.from_setup",
}
"""Known without the package's metadata, which a copied source tree does not have."""

ENDPOINTS = "endpoints"
"""Table of the configuration with one for each server that speaks the OpenAI protocol."""

REFRESH_S = 3.0
"""How long a provider is waited for when models are listed."""

_log = logging.getLogger(__name__)

Factory = Callable[[], Sampler]


class SamplerRegistry:
    """The samplers of a server, each made when it is first needed; safe from several threads."""

    def __init__(
        self, samplers: Iterable[Sampler] = (), factories: Mapping[str, Factory] | None = None
    ) -> None:
        """Make a registry.

        Args:
            samplers: Samplers that are there already; they stand in for factories of their
                provider.
            factories: Provider to what makes its sampler.
        """
        self._samplers = {sampler.provider: sampler for sampler in samplers}
        self._factories = dict(factories or {})
        self._broken: dict[str, str] = {}
        self._lock = threading.RLock()

    def resolve(self, name: str) -> tuple[Sampler, str]:
        """Return the sampler of a model, and the model's name without the provider.

        Whether the sampler has such a model is for `Sampler.check` to say.

        Args:
            name: ``provider/model``; a bare ``grok-...`` means ``xai/grok-...``.

        Raises:
            ModelNotFound: No sampler has this provider.
            SamplerUnavailable: The provider's sampler cannot be loaded.
        """
        provider, _, model = _full_name(name).partition("/")
        if not model or provider not in self._providers():
            raise self._unknown(name)
        return self._sampler(provider), model

    def is_loaded(self, name: str) -> bool:
        """Return whether `resolve` has to load nothing for a model."""
        return _full_name(name).partition("/")[0] in self._samplers

    def models(self) -> list[Model]:
        """Return every model of every provider; a provider that is broken says so."""
        found: list[Model] = []
        for provider in self._providers():
            try:
                found.extend(self._sampler(provider).models())
            except GrokTreeError as error:
                found.append(Model(name=f"{provider}/?", unavailable_because=error.message))
            except Exception as error:
                _log.exception("provider %s cannot list its models", provider)
                reason = f"it cannot list its models ({_described(error)})"
                found.append(Model(name=f"{provider}/?", unavailable_because=reason))
        return found

    async def refresh(self, patience_s: float = REFRESH_S) -> None:
        """Have every provider asked for its models; one that fails or hangs keeps what it knew.

        Args:
            patience_s: How long a provider is waited for, in seconds.
        """
        async with anyio.create_task_group() as asking:
            for provider in self._providers():
                asking.start_soon(self._refresh, provider, patience_s)

    async def _refresh(self, provider: str, patience_s: float) -> None:
        try:
            with anyio.move_on_after(patience_s):
                sampler = await anyio.to_thread.run_sync(self._sampler, provider)
                await sampler.refresh()
        except GrokTreeError as error:
            _log.info("provider %s cannot be asked for its models: %s", provider, error)
        except Exception:
            _log.exception("provider %s cannot be asked for its models", provider)

    async def aclose(self) -> None:
        """Close every sampler that was made, also when one of them fails to."""
        for provider, sampler in list(self._samplers.items()):
            try:
                await sampler.aclose()
            except Exception:
                _log.exception("the sampler of provider %s did not close", provider)

    def _providers(self) -> list[str]:
        return sorted({*self._samplers, *self._factories})

    def _sampler(self, provider: str) -> Sampler:
        with self._lock:
            if provider not in self._samplers:
                self._samplers[provider] = self._made(provider)
            return self._samplers[provider]

    def _made(self, provider: str) -> Sampler:
        if provider in self._broken:
            raise SamplerUnavailable(self._broken[provider])
        try:
            return self._factories[provider]()
        except GrokTreeError:
            raise
        except Exception as error:
            _log.exception("the sampler of provider %s cannot be loaded", provider)
            self._broken[provider] = (
                f"the sampler of provider {provider!r} cannot be loaded ({_described(error)});"
                " mend or uninstall the package that brings it, then start again"
            )
            raise SamplerUnavailable(self._broken[provider]) from error

    def _unknown(self, name: str) -> ModelNotFound:
        known = [model.name for model in self.models() if not model.name.endswith("/?")]
        near = _near(name, known)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
        return ModelNotFound(
            f"no model is named {name!r}; names are provider/model and {hint}"
            " (grok-tree models lists them all)",
            model=name,
        )


def installed_samplers(*given: Sampler, setup: SamplerSetup | None = None) -> SamplerRegistry:
    """Return a registry of every installed provider; nothing is imported yet.

    Args:
        given: Samplers to use instead of what is installed for their providers.
        setup: What the samplers may know of the machine; its options hold a table a provider, and
            in ``endpoints`` a table for each further server that speaks the OpenAI protocol.

    Raises:
        ConfigurationError: A table of an endpoint makes no sense, or has the name of a provider.
    """
    setup = setup or SamplerSetup()
    entries = {name: EntryPoint(name, value, ENTRY_POINTS) for name, value in _BUILT_IN.items()}
    entries.update((entry.name, entry) for entry in entry_points(group=ENTRY_POINTS))
    tables = setup.options.get(ENDPOINTS, {})
    setup = replace(setup, options={**setup.options, OPENAI: tables.get(OPENAI, {})})
    factories = {name: _factory(entry, setup) for name, entry in entries.items()}
    for name, found in configured_endpoints(tables).items():
        if name in factories and name != OPENAI:
            raise ConfigurationError(
                f"[endpoints.{name}] in the configuration has the name of a provider that is"
                " installed; give it another one"
            )
        factories.setdefault(name, partial(OpenAISampler.from_endpoint, found, setup))
    return SamplerRegistry(given, factories)


def _full_name(name: str) -> str:
    return f"xai/{name}" if name.startswith("grok-") else name


def _factory(entry: EntryPoint, setup: SamplerSetup) -> Factory:
    def make() -> Sampler:
        own = replace(setup, options=setup.options.get(entry.name, {}))
        made: Sampler = entry.load()(own)
        return made

    return make


def _near(name: str, known: list[str]) -> list[str]:
    """Return what may have been meant; the provider may have been forgotten."""
    same_model = [full for full in known if full.partition("/")[2] == name]
    return same_model or get_close_matches(name, known, n=3, cutoff=0.5)


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
