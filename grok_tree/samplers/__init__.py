"""Whatever produces text: the contract, the registry, and the samplers that are built in."""

from grok_tree.samplers._capabilities import (
    capabilities_of,
    check_attachments_supported,
    check_capability,
    check_settings_supported,
)
from grok_tree.samplers._contract import (
    CAPABILITIES,
    Capability,
    Completer,
    Embedder,
    Embeddings,
    Prompt,
    PubliclyPriced,
    RawPrompt,
    Recorded,
    Sampler,
    SamplerSetup,
    TextToken,
    Tokenizer,
    Turn,
)
from grok_tree.samplers._local import LocalSampler
from grok_tree.samplers._prices import Tariff, public_tariff
from grok_tree.samplers._registry import ENTRY_POINTS, SamplerRegistry, installed_samplers
from grok_tree.samplers._replay import ReplaySampler
from grok_tree.samplers._scripted import ScriptedSampler
from grok_tree.samplers.openai import Endpoint, OpenAISampler, configured_endpoints, endpoint
from grok_tree.samplers.xai import XaiSampler

__all__ = [
    "CAPABILITIES",
    "ENTRY_POINTS",
    "Capability",
    "Completer",
    "Embedder",
    "Embeddings",
    "Endpoint",
    "LocalSampler",
    "OpenAISampler",
    "Prompt",
    "PubliclyPriced",
    "RawPrompt",
    "Recorded",
    "ReplaySampler",
    "Sampler",
    "SamplerRegistry",
    "SamplerSetup",
    "ScriptedSampler",
    "Tariff",
    "TextToken",
    "Tokenizer",
    "Turn",
    "XaiSampler",
    "capabilities_of",
    "check_attachments_supported",
    "check_capability",
    "check_settings_supported",
    "configured_endpoints",
    "endpoint",
    "installed_samplers",
    "public_tariff",
]
