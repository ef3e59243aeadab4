"""Which responses are samples of what a model says, and which stand beside each other."""

from __future__ import annotations

from grok_tree.forest import Forest, Response, Responses


def is_sampled(response: Response) -> bool:
    """Return whether a model said it, here or where it was imported from."""
    return response.sender == "assistant" and not response.manual


def with_siblings(forest: Forest, response: Response) -> Responses:
    """Return a response of a forest and its siblings, in order of creation."""
    parent = response.parent_response_id
    return forest.roots if parent is None else forest.children(parent)
