"""From a document to what an import stores: parents first, every repair named."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grok_tree.forest import NO_PARENT, Origin, Response, ResponseDraft
from grok_tree.formats._native import NATIVE_FORMAT, NativeDocument

_ORPHAN = "its parent {parent} is not in the file: it became a root"
_CYCLE = "it was its own ancestor: it became a root"
_DUPLICATE = "its id {response_id} had been used before: it got a new one"
_GROWING = "it was still being sampled when the file was written: it stays as it was then"
_DELETED = "it was marked as deleted: it is visible now"

_KEPT = "before_import."
"""Prefix of what is kept in the provenance about how the original came to be."""


def drafts(document: NativeDocument) -> list[ResponseDraft]:
    """Return the responses of a document as drafts, every parent before its children.

    Each has the origin ``imported`` with the format, its id in the file, and what had to be
    mended. How the original came to be is kept in the origin's provenance, under keys that begin
    with ``before_import.``.
    """
    responses = document.responses
    parents, repairs = _linked(responses)
    _break_cycles(parents, repairs)
    order = _parents_first(parents)
    places = {number: place for place, number in enumerate(order)}
    return [
        _draft(
            responses[number],
            parent_index=None if parents[number] == NO_PARENT else places[parents[number]],
            repairs=repairs[number],
        )
        for number in order
    ]


def leaf_index(document: NativeDocument, drafted: Sequence[ResponseDraft]) -> int | None:
    """Return which draft is the leaf of the document's conversation, None if none is."""
    leaf = document.conversation.leaf_response_id
    numbers = (n for n, draft in enumerate(drafted) if draft.origin.original_id == leaf)
    return None if leaf is None else next(numbers, None)


def _linked(responses: Sequence[Response]) -> tuple[list[int], list[list[str]]]:
    """Return the number of each response's parent, and what was repaired."""
    numbers: dict[str, int] = {}
    repairs: list[list[str]] = [[] for _ in responses]
    for number, response in enumerate(responses):
        if numbers.setdefault(response.response_id, number) != number:
            repairs[number].append(_DUPLICATE.format(response_id=response.response_id))
    parents = []
    for number, response in enumerate(responses):
        parent = response.parent_response_id
        found = NO_PARENT if parent is None else numbers.get(parent, NO_PARENT)
        if found == NO_PARENT and parent is not None:
            repairs[number].append(_ORPHAN.format(parent=parent))
        parents.append(found)
    return parents, repairs


def _break_cycles(parents: list[int], repairs: list[list[str]]) -> None:
    """Take its parent from that member of each cycle which stands first in the file."""
    unseen, on_walk, done = 0, 1, 2
    state = bytearray(len(parents))
    for first in range(len(parents)):
        walk, number = [], first
        while number != NO_PARENT and state[number] == unseen:
            state[number] = on_walk
            walk.append(number)
            number = parents[number]
        if number != NO_PARENT and state[number] == on_walk:
            top = min(walk[walk.index(number) :])
            parents[top] = NO_PARENT
            repairs[top].append(_CYCLE)
        for seen in walk:
            state[seen] = done


def _parents_first(parents: Sequence[int]) -> list[int]:
    """Return all numbers in file order, but each after its parent."""
    order: list[int] = []
    placed = bytearray(len(parents))
    for first in range(len(parents)):
        walk, number = [], first
        while number != NO_PARENT and not placed[number]:
            placed[number] = True
            walk.append(number)
            number = parents[number]
        order.extend(reversed(walk))
    return order


def _draft(
    response: Response, *, parent_index: int | None, repairs: Sequence[str]
) -> ResponseDraft:
    mended = list(repairs)
    finish_reason = response.finish_reason
    if response.partial and finish_reason is None and not response.manual:
        finish_reason = "failed"
        mended.append(_GROWING)
    if response.deleted:
        mended.append(_DELETED)
    return ResponseDraft(
        sender=response.sender,
        message=response.message,
        parent_index=parent_index,
        create_time=response.create_time,
        reasoning=response.reasoning,
        partial=response.partial,
        query=response.query,
        query_type=response.query_type,
        attachments=response.attachments,
        tool_calls=response.tool_calls,
        tool_call_id=response.tool_call_id,
        citations=response.citations,
        encrypted_reasoning=response.encrypted_reasoning,
        model_name=response.model_name,
        finish_reason=finish_reason,
        settings=response.settings,
        usage=response.usage,
        timing=response.timing,
        origin=_imported(response, mended),
        marks=response.marks,
    )


def _imported(response: Response, repairs: Sequence[str]) -> Origin:
    before = response.origin
    facts = {
        "kind": before.kind,
        "of": before.of,
        "forced": before.forced or None,
        "format": before.format,
        "original_id": before.original_id,
        "manual": "true" if response.manual else None,
    }
    kept = {_KEPT + name: value for name, value in facts.items() if value is not None}
    return msgspec.structs.replace(
        before,
        kind="imported",
        of=None,
        format=NATIVE_FORMAT,
        original_id=response.response_id,
        repairs=(*before.repairs, *repairs),
        # What an earlier import kept says more about the origin than the import itself.
        provenance={**kept, **before.provenance},
    )
