"""Live Grok, over gRPC."""

from grok_tree.samplers.xai._configuration import Configuration
from grok_tree.samplers.xai._sampler import XaiSampler

__all__ = ["Configuration", "XaiSampler"]
