"""From the beginning of an id to what it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grok_tree.errors import (
    ConversationNotFound,
    InvalidOperationError,
    NotFoundError,
    ResponseNotFound,
)

if TYPE_CHECKING:
    from grok_tree.client import Client, SyncConversation, SyncResponse


_WHOLE_ID = 32
"""Hexadecimal digits of an id."""


@dataclass(frozen=True)
class Place:
    """A conversation, and a response in it if one was named."""

    conversation: SyncConversation
    response_id: str | None = None


def find_conversation(client: Client, prefix: str) -> SyncConversation:
    """Return the one conversation whose id begins with `prefix`, loaded.

    Raises:
        ConversationNotFound: None does.
        InvalidOperationError: Several do, or it is no beginning of an id.
    """
    found = client.grok.resolve_id(prefix).conversation_ids
    missing = ConversationNotFound(
        f"no conversation has an id that begins with {prefix!r}; grok-tree ls lists them"
    )
    return client.grok.get_conversation(_only(prefix, found, missing))


def find_response(client: Client, prefix: str) -> SyncResponse:
    """Return the one response whose id begins with `prefix`; its conversation is loaded.

    Raises:
        ResponseNotFound: None does.
        InvalidOperationError: Several do, or it is no beginning of an id.
    """
    found = client.grok.resolve_id(prefix)
    missing = f"no response has an id that begins with {prefix!r}; grok-tree show lists them"
    if len(found.conversation_ids) == 1:
        (only,) = found.conversation_ids
        missing = f"{prefix!r} is a conversation; grok-tree show {only} lists its responses"
    return client.grok.get_response(_only(prefix, found.response_ids, ResponseNotFound(missing)))


def find_place(client: Client, prefix: str) -> Place:
    """Return the one conversation or response whose id begins with `prefix`.

    Raises:
        NotFoundError: None does.
        InvalidOperationError: Several do, or it is no beginning of an id.
    """
    found = client.grok.resolve_id(prefix)
    missing = NotFoundError(
        f"no conversation and no response has an id that begins with {prefix!r};"
        " grok-tree ls lists the conversations"
    )
    # Files of other programs may use one id for both; the rest cannot be told apart by its id.
    whole = [one for one in found.conversation_ids if one == prefix]
    only = _only(prefix, whole or [*found.conversation_ids, *found.response_ids], missing)
    if only in found.conversation_ids:
        return Place(client.grok.get_conversation(only))
    response = client.grok.get_response(only)
    return Place(response.conversation, response.response_id)


def find_deleted(client: Client, name: str) -> Place:
    """Return the deleted conversation whose id begins with `name`, or the response of that id.

    Raises:
        NotFoundError: There is none.
        InvalidOperationError: Several conversations begin so.
    """
    wanted = name.replace("-", "").lower()
    deleted = {
        str(found.conversation_id): found
        for found in client.grok.iter_conversations(deleted=True)
        if found.conversation_id.replace("-", "").startswith(wanted)
    }
    missing = NotFoundError(
        f"no deleted conversation has an id that begins with {name!r}, and no response has it"
        " as its whole id; grok-tree ls --deleted lists the conversations"
    )
    if deleted or len(wanted) < _WHOLE_ID:
        return Place(deleted[_only(name, list(deleted), missing)])
    response = client.grok.get_response(name)
    return Place(response.conversation, response.response_id)


def _only(prefix: str, found: Sequence[str], missing: NotFoundError) -> str:
    if not found:
        raise missing
    if len(found) > 1:
        listed = ", ".join(found[:5])
        raise InvalidOperationError(
            f"{prefix!r} is the beginning of several ids: {listed}; write more of the one you mean"
        )
    return found[0]
