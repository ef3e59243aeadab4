"""Whatever produces text: the contract, the registry, and the samplers that are built in."""

from grok_tree.samplers._capabilities import check_capability
from grok_tree.samplers._contract import Capability, Prompt, Sampler, Turn
from grok_tree.samplers._local import LocalSampler
from grok_tree.samplers._registry import ENTRY_POINTS, SamplerRegistry, installed_samplers
from grok_tree.samplers._scripted import ScriptedSampler

__all__ = [
    "ENTRY_POINTS",
    "Capability",
    "LocalSampler",
    "Prompt",
    "Sampler",
    "SamplerRegistry",
    "ScriptedSampler",
    "Turn",
    "check_capability",
    "installed_samplers",
]
