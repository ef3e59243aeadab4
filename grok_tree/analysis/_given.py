"""What may be given to an analysis: a snapshot, or a handle of a client that has one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Protocol

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Response, ResponseId


class HasForest(Protocol):
    """A handle of a conversation."""

    @property
    def forest(self) -> Forest:
        """Everything that is known of it, as a snapshot."""


class PlacedResponse(Protocol):
    """A handle of a response, which knows the forest that it is in."""

    @property
    def forest(self) -> Forest:
        """The snapshot of its conversation."""

    @property
    def response_id(self) -> ResponseId:
        """The id."""


AnyForest = Forest | HasForest
"""A snapshot, or a conversation's handle, of which the newest snapshot is taken."""

OneResponse = PlacedResponse | Response | str
"""A response's handle, or its value or id, which do not say which forest is meant."""


def snapshot_of(given: AnyForest) -> Forest:
    """Return the forest that was given, or the newest snapshot of the conversation.

    Raises:
        InvalidOperationError: It is neither.
    """
    forest = given if isinstance(given, Forest) else getattr(given, "forest", None)
    if isinstance(forest, Forest):
        return forest
    raise InvalidOperationError(
        f"{type(given).__name__} is no forest; give a Forest, or a conversation, which has one"
    )


def id_of(given: OneResponse) -> ResponseId:
    """Return the id of a response, however it was given.

    Raises:
        InvalidOperationError: It is no response.
    """
    found = given if isinstance(given, str) else getattr(given, "response_id", None)
    if isinstance(found, str):
        return ResponseId(found)
    raise InvalidOperationError(
        f"{type(given).__name__} is no response; give a handle of one, or its value or id with"
        " forest="
    )


def forest_around(responses: Iterable[OneResponse], forest: AnyForest | None = None) -> Forest:
    """Return the snapshot that responses are in.

    Args:
        responses: Of one conversation.
        forest: Where they are; None asks the first handle among them.

    Raises:
        InvalidOperationError: Nothing says where they are, or one is no response.
    """
    if forest is not None:
        return snapshot_of(forest)
    for one in responses:
        if not isinstance(one, (str, Response)):
            id_of(one)
            return snapshot_of(one)
    raise InvalidOperationError(
        "ids and values of responses do not say where they are; give forest= the forest or the"
        " conversation that holds them"
    )


def key_of(found: Any, function: str) -> Hashable:
    """Return what a function of the user told something apart by.

    Args:
        found: What it returned.
        function: How to name it.

    Raises:
        InvalidOperationError: It cannot be compared.
    """
    try:
        hash(found)
    except TypeError as error:
        raise InvalidOperationError(
            f"{function} gives a {type(found).__name__}, which cannot be a key; give a text, a"
            " number, or a tuple of these"
        ) from error
    key: Hashable = found
    return key
