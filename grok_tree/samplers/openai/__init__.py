"""Models behind any HTTP server that speaks the OpenAI protocol."""

from grok_tree.samplers.openai._endpoint import OPENAI, Endpoint, configured_endpoints, endpoint
from grok_tree.samplers.openai._sampler import OpenAISampler

__all__ = ["OPENAI", "Endpoint", "OpenAISampler", "configured_endpoints", "endpoint"]
