"""Models behind any HTTP server that speaks the OpenAI protocol."""

from grok_tree.samplers.openai._endpoint import Endpoint, endpoint
from grok_tree.samplers.openai._sampler import OpenAISampler

__all__ = ["Endpoint", "OpenAISampler", "endpoint"]
