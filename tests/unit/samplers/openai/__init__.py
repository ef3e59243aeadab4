"""The sampler of OpenAI-compatible servers."""
