"""How much of the path of a stateless call is known already, and where.

It is looked for in this order: below the response that the call names; through the responses that
the client's own answers say they are; along the longest beginning that was recorded for the same
key before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grok_tree.errors import ConversationDeletedError, NotFoundError
from grok_tree.forest import Response
from grok_tree.service._calls import (
    StatelessCall,
    beside_text,
    group_hash,
    next_hash,
    path_hashes,
)
from grok_tree.service._live import live_conversation, live_response
from grok_tree.store import Reader


@dataclass(frozen=True)
class Found:
    """How much of a path is there already.

    Attributes:
        conversation_id: Empty: nowhere, and no conversation is named.
        response: The last one that is there; None: a new root is needed.
        n_found: How many of the path are there.
        path_hash: Of the path up to there.
    """

    conversation_id: str
    response: Response | None
    n_found: int
    path_hash: bytes


def found_path(reader: Reader, call: StatelessCall) -> Found:
    """Return how much of the path of a call is known.

    Raises:
        ConversationDeletedError: The response or the conversation that is named was deleted.
        ResponseNotFound: The response that is named is not there.
    """
    if call.parent_response_id:
        return _below_parent(reader, call)
    within = _named_conversation(reader, call)
    if call.conversation and not within:
        return Found("", None, 0, call.scope)  # a group that begins with this call
    hashes = path_hashes(call.scope, call.path)
    begun = _through_names(reader, call, hashes, within) or _recorded(reader, hashes, within)
    if begun:
        return _walked_down(reader, call, begun)
    return Found(within, None, 0, call.scope)


def response_if_live(reader: Reader, response_id: str) -> Response | None:
    """Return a response, None when there is none of this id or it was deleted."""
    try:
        return live_response(reader, response_id) if response_id else None
    except (NotFoundError, ConversationDeletedError):
        return None


def _below_parent(reader: Reader, call: StatelessCall) -> Found:
    parent = live_response(reader, call.parent_response_id)
    hashes, last = path_hashes(call.scope, call.path), _hash_at(reader, parent, call.scope)
    # Who sends all that was said means the same place as who sends only what is new.
    n_found = hashes.index(last) + 1 if last in hashes else 0
    found = Found(parent.conversation_id, parent, n_found, last)
    return _walked_down(reader, call, [found])


def _named_conversation(reader: Reader, call: StatelessCall) -> str:
    """Return the conversation that a call names, by its id or as a group; empty for none."""
    if not call.conversation:
        return ""
    try:
        return live_conversation(reader, call.conversation).conversation_id
    except NotFoundError:
        return reader.recorded_group(group_hash(call.scope, call.conversation)) or ""


def _through_names(
    reader: Reader, call: StatelessCall, hashes: Sequence[bytes], within: str
) -> list[Found]:
    """Return the last response that says which it is, and to which everything before it leads."""
    for place in range(len(call.path) - 1, -1, -1):
        response = response_if_live(reader, call.path[place].response_id)
        if response is None or (within and response.conversation_id != within):
            continue
        if _hash_at(reader, response, call.scope) == hashes[place]:
            return [Found(response.conversation_id, response, place + 1, hashes[place])]
    return []


def _recorded(reader: Reader, hashes: Sequence[bytes], within: str) -> list[Found]:
    """Return the ends of the longest beginning that was recorded, oldest first."""
    known = reader.recorded_paths(hashes, conversation_id=within)
    for place in range(len(hashes) - 1, -1, -1):
        ids = known.get(hashes[place], ())
        if ids:
            ends = reader.responses(ids)
            return [Found(one.conversation_id, one, place + 1, hashes[place]) for one in ends]
    return []


def _walked_down(reader: Reader, call: StatelessCall, begun: Sequence[Found]) -> Found:
    """Return the deepest place from which the rest of the path is new; of several the newest."""
    ends = [one.response.response_id for one in begun if one.response]
    n_found, path_hash = begun[0].n_found, begun[0].path_hash
    for said in call.path[n_found:]:
        below = reader.children_saying(ends, said.sender, said.message)
        same = [one.response_id for one in below if beside_text(one) == beside_text(said)]
        if not same:
            break
        ends = [one for one in same if one == said.response_id] or same
        n_found, path_hash = n_found + 1, next_hash(path_hash, said)
    end = reader.response(ends[-1])
    return Found(end.conversation_id, end, n_found, path_hash)


def _hash_at(reader: Reader, response: Response, scope: bytes) -> bytes:
    """Return the hash of the path to a response."""
    known = reader.recorded_hash(response.response_id)
    if known is not None:
        return known
    parent = response.parent_response_id
    known = reader.recorded_hash(parent) if parent else scope
    if known is not None:
        return next_hash(known, response)
    return path_hashes(scope, reader.path(response.response_id))[-1]
