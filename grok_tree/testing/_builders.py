"""Forests written as one line of text, for tests that are about shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from grok_tree.forest import (
    NO_PARENT,
    Conversation,
    ConversationId,
    Forest,
    HeldResponses,
    Response,
    ResponseId,
    Sender,
)

CONVERSATION_ID = ConversationId("01900000-0000-7000-8000-000000000000")
"""The conversation of every forest that a builder makes."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first response of a built forest was created; each next one is a second later."""


def forest_of(shape: str, *, leaf: str | None = None, title: str = "") -> Forest:
    """Build a forest from a line such as ``"a>b>c, a>d"``.

    Each name is a response: its id and its message. ``>`` attaches the right one to the left one;
    chains are separated by commas; order of creation is order of first appearance. Roots are
    human, their children the assistant's, and so on in turn.

    Args:
        shape: The chains; an empty text is an empty forest.
        leaf: The name of the response that is the leaf.
        title: The conversation's title.

    Raises:
        ValueError: A name is empty, or stands below two parents.
    """
    parents = _parents_in(shape)
    return forest_from_parents(parents, leaf=leaf, title=title)


def forest_from_parents(
    parents: Mapping[str, str | None], *, leaf: str | None = None, title: str = ""
) -> Forest:
    """Build a forest from names and the names of their parents, every parent before its children.

    Args:
        parents: Name to parent's name, None for a root.
        leaf: The name of the response that is the leaf.
        title: The conversation's title.
    """
    responses: dict[str, Response] = {}
    for name, parent in parents.items():
        above = None if parent is None else responses[parent]
        responses[name] = _response(name, above, len(responses))
    conversation = Conversation(
        conversation_id=CONVERSATION_ID,
        create_time=EPOCH,
        modify_time=EPOCH,
        title=title,
        revision=len(responses),
        leaf_response_id=None if leaf is None else ResponseId(leaf),
        n_responses=len(responses),
    )
    numbers = [NO_PARENT if p is None else responses[p].position for p in parents.values()]
    return Forest(conversation, numbers, HeldResponses(responses.values()))


def _parents_in(shape: str) -> dict[str, str | None]:
    parents: dict[str, str | None] = {}
    chains = shape.split(",") if shape.strip() else []
    for chain in chains:
        above: str | None = None
        for name in (part.strip() for part in chain.split(">")):
            if not name:
                raise ValueError(f"a name is missing in {chain!r}; write chains like 'a>b>c, a>d'")
            known = parents.setdefault(name, above)
            if above is not None and known != above:
                raise ValueError(f"{name!r} stands below {known!r} and below {above!r}")
            above = name
    return parents


def _response(name: str, parent: Response | None, position: int) -> Response:
    sender: Sender = "assistant" if parent is not None and parent.sender == "human" else "human"
    return Response(
        response_id=ResponseId(name),
        conversation_id=CONVERSATION_ID,
        parent_response_id=None if parent is None else parent.response_id,
        sender=sender,
        message=name,
        create_time=EPOCH + timedelta(seconds=position),
        position=position,
        revision=position + 1,
    )
