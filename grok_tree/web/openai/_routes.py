"""What is where below ``/v1``."""

from __future__ import annotations

from grok_tree.service import Forests, Ids, SystemIds
from grok_tree.web.openai._chat import ChatRoute
from grok_tree.web.openai._completions import CompletionsRoute
from grok_tree.web.openai._door import OpenAIDoor, Route
from grok_tree.web.openai._embeddings import EmbeddingsRoute
from grok_tree.web.openai._models import ModelsRoute
from grok_tree.web.openai._responses import ResponsesRoute

_ID = "([^/]{1,100})"


def openai_app(
    forests: Forests, *, api_key: str | None = None, ids: Ids | None = None
) -> OpenAIDoor:
    """Return the application (ASGI) that answers whatever is below ``/v1``.

    Args:
        forests: The use cases behind them.
        api_key: What callers must bring as ``authorization: Bearer KEY``; with None any key will
            do, and each has conversations of its own.
        ids: Where the ids of requests come from.
    """
    ids = ids or SystemIds()
    chat, responses = ChatRoute(forests, ids), ResponsesRoute(forests, ids)
    completions, embeddings = CompletionsRoute(forests, ids), EmbeddingsRoute(forests)
    models = ModelsRoute(forests)
    routes = [
        Route("POST", "/chat/completions", chat.create),
        Route("POST", "/responses", responses.create),
        Route("GET", f"/responses/{_ID}", responses.retrieve),
        Route("DELETE", f"/responses/{_ID}", responses.delete),
        Route("POST", f"/responses/{_ID}/cancel", responses.cancel),
        Route("GET", f"/responses/{_ID}/input_items", responses.list_input_items),
        Route("POST", "/completions", completions.create),
        Route("POST", "/embeddings", embeddings.create),
        Route("GET", "/models", models.list),
        Route("GET", "/models/(.{1,300})", models.retrieve),
    ]
    return OpenAIDoor(routes, api_key=api_key)
