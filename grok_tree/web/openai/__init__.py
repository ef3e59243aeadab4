"""The OpenAI door: programs written for that protocol talk to this server and leave forests."""

from grok_tree.web.openai._routes import openai_app

__all__ = ["openai_app"]
