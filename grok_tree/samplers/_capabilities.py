"""What models can do, asked before anything is stored or spent."""

from __future__ import annotations

from grok_tree.errors import SamplerRefused
from grok_tree.samplers._contract import Capability, Sampler


def check_capability(sampler: Sampler, model: str, capability: Capability, why: str) -> None:
    """Refuse what a model cannot do.

    A model that its provider does not list can do what all of the listed ones can.

    Args:
        sampler: The provider.
        model: The model, without the provider.
        capability: What it must be able to do.
        why: What needs it, for the message.

    Raises:
        SamplerRefused: The model cannot.
    """
    name = f"{sampler.provider}/{model}"
    listed = sampler.models()
    own = [one for one in listed if one.name == name] or listed
    if not all(capability in one.capabilities for one in own):
        raise SamplerRefused(
            f"{why} needs a model with the capability {capability!r}, which {name} has not;"
            " name another one (grok-tree models lists them)",
            model=name,
        )
