"""From native lines to a sound document: ids and origins stay, every repair is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from grok_tree.forest import ConversationId, Response, ResponseId, derived_id
from grok_tree.formats._document import Document
from grok_tree.formats._linking import break_cycles, links, ordered
from grok_tree.formats._native import NATIVE_FORMAT, NativeDocument

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

GROWING = "still_growing: it was being sampled when the file was written; it stays as it was then"
DELETED = "undeleted: it was marked as deleted; it is visible now"
FOREIGN_ID = "new_id: its id {id!r} is no UUID; it got one"


def mended(document: NativeDocument, *, index: int = 0, file: str = "") -> Document:
    """Return what native lines say, as a document in which every parent stands first.

    Ids are kept where they are UUIDs, and given anew, always in the same way, where they are not
    or come twice.

    Args:
        document: What the lines say.
        index: Its place in the file.
        file: The name of the file.
    """
    responses = document.responses
    own = document.conversation.conversation_id
    conversation_id = ConversationId(own if _is_uuid(own) else derived_id(0, NATIVE_FORMAT, own))
    parents, repairs = links(
        [one.response_id for one in responses], [one.parent_response_id for one in responses]
    )
    break_cycles(parents, repairs)
    order = ordered(range(len(responses)), parents)
    ids = _ids(responses, order, parents, repairs, conversation_id=conversation_id)
    first = {one.response_id: ids[place] for place, one in reversed(list(enumerate(responses)))}
    made = [
        _mended(
            responses[place],
            response_id=ids[place],
            parent_response_id=None if parents[place] < 0 else ids[parents[place]],
            conversation_id=conversation_id,
            ids=first,
            repairs=repairs[place],
            position=position,
        )
        for position, place in enumerate(order)
    ]
    leaf = document.conversation.leaf_response_id
    conversation = msgspec.structs.replace(
        document.conversation,
        conversation_id=conversation_id,
        leaf_response_id=None if leaf is None else first.get(leaf),
        deleted=False,
        n_responses=len(made),
    )
    logprobs = {first[of]: tokens for of, tokens in document.logprobs.items()}
    return Document(conversation, made, NATIVE_FORMAT, index=index, file=file, logprobs=logprobs)


def _ids(
    responses: Sequence[Response],
    order: Sequence[int],
    parents: Sequence[int],
    repairs: Sequence[list[str]],
    *,
    conversation_id: str,
) -> dict[int, ResponseId]:
    """Return the id of each response: its own, or one that its place and content give."""
    ids: dict[int, ResponseId] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    for place in order:
        one = responses[place]
        if _is_uuid(one.response_id) and not seen[(one.response_id,)]:
            seen[(one.response_id,)] += 1
            ids[place] = one.response_id
            continue
        if not _is_uuid(one.response_id):
            repairs[place].append(FOREIGN_ID.format(id=one.response_id))
        above = "" if parents[place] < 0 else ids[parents[place]]
        content = (conversation_id, one.response_id, above, one.message, one.reasoning)
        seen[content] += 1
        ids[place] = ResponseId(derived_id(0, NATIVE_FORMAT, *content, str(seen[content])))
    return ids


def _mended(
    response: Response,
    *,
    response_id: ResponseId,
    parent_response_id: ResponseId | None,
    conversation_id: ConversationId,
    ids: Mapping[ResponseId, ResponseId],
    repairs: Sequence[str],
    position: int,
) -> Response:
    told = list(repairs)
    finish_reason = response.finish_reason
    if response.partial and finish_reason is None and not response.manual:
        finish_reason = "failed"
        told.append(GROWING)
    if response.deleted:
        told.append(DELETED)
    origin = response.origin
    of = None if origin.of is None else ids.get(origin.of, origin.of)
    if told or of != origin.of:
        origin = msgspec.structs.replace(origin, of=of, repairs=(*origin.repairs, *told))
    return msgspec.structs.replace(
        response,
        response_id=response_id,
        conversation_id=conversation_id,
        parent_response_id=parent_response_id,
        finish_reason=finish_reason,
        origin=origin,
        position=position,
        deleted=False,
    )


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None
