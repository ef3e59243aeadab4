"""From the name of a model to the sampler that serves it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points

from grok_tree.errors import GrokTreeError, ModelNotFound
from grok_tree.forest import Model
from grok_tree.samplers._contract import Sampler

ENTRY_POINTS = "grok_tree.samplers"
"""Group of entry points; each names a provider and leads to a callable that makes its sampler."""

_log = logging.getLogger(__name__)

Factory = Callable[[], Sampler]


class SamplerRegistry:
    """The samplers of a server, each made when it is first needed."""

    def __init__(
        self, samplers: Iterable[Sampler] = (), factories: Mapping[str, Factory] | None = None
    ) -> None:
        """Make a registry.

        Args:
            samplers: Samplers that are there already.
            factories: Provider to what makes its sampler.
        """
        self._samplers = {sampler.provider: sampler for sampler in samplers}
        self._factories = dict(factories or {})

    def resolve(self, name: str) -> tuple[Sampler, str]:
        """Return the sampler of a model, and the model's name without the provider.

        Args:
            name: ``provider/model``; a bare ``grok-...`` means ``xai/grok-...``.

        Raises:
            ModelNotFound: No sampler has this provider, or it cannot be loaded.
        """
        full = f"xai/{name}" if name.startswith("grok-") else name
        provider, slash, model = full.partition("/")
        if not (slash and model and provider in self._providers()):
            raise self._unknown(name)
        return self._sampler(provider), model

    def models(self) -> list[Model]:
        """Return every model of every provider; a provider that is broken says so."""
        found: list[Model] = []
        for provider in sorted(self._providers()):
            try:
                found.extend(self._sampler(provider).models())
            except Exception as error:
                found.append(Model(name=f"{provider}/?", unavailable_because=str(error)))
        return found

    async def aclose(self) -> None:
        """Close every sampler that was made."""
        for sampler in self._samplers.values():
            await sampler.aclose()

    def _providers(self) -> set[str]:
        return {*self._samplers, *self._factories}

    def _sampler(self, provider: str) -> Sampler:
        if provider not in self._samplers:
            try:
                self._samplers[provider] = self._factories[provider]()
            except GrokTreeError:
                raise
            except Exception as error:
                _log.exception("the sampler of provider %s cannot be loaded", provider)
                raise ModelNotFound(
                    f"the sampler of provider {provider!r} cannot be loaded"
                    f" ({type(error).__name__}); the log has more"
                ) from error
        return self._samplers[provider]

    def _unknown(self, name: str) -> ModelNotFound:
        known: Sequence[str] = [model.name for model in self.models()]
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
        return ModelNotFound(
            f"no model is named {name!r}; names are provider/model and {hint}", model=name
        )


def installed_samplers() -> SamplerRegistry:
    """Return a registry of every installed provider; nothing is imported yet."""
    factories: dict[str, Factory] = {}
    for entry in entry_points(group=ENTRY_POINTS):
        factories[entry.name] = _factory(entry.load)
    return SamplerRegistry(factories=factories)


def _factory(load: Callable[[], Factory]) -> Factory:
    return lambda: load()()
