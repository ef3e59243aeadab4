"""Checks on responses that come from outside, before they are stored as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Response,
    ResponseDraft,
    Sender,
    Settings,
    check_settings,
    checked_field,
    checked_text,
)

_SENDERS = get_args(Sender)
_NO_SETTINGS = Settings()


def check_drafts(drafts: Sequence[ResponseDraft], leaf_index: int | None) -> None:
    """Check a batch of drafts.

    Raises:
        InvalidOperationError: The batch is empty, a sender is unknown, a text cannot be stored, a
            parent index does not name an earlier draft, or the leaf index none at all.
    """
    if not drafts:
        raise InvalidOperationError("there is nothing to add; give at least one response")
    for index, draft in enumerate(drafts):
        _check_draft(draft, index)
    if leaf_index is not None and not 0 <= leaf_index < len(drafts):
        raise InvalidOperationError(f"leaf index {leaf_index} names none of {len(drafts)} drafts")


def _check_draft(draft: ResponseDraft, index: int) -> None:
    check_said(draft, f"draft {index}")
    if draft.parent_index is None:
        return
    if draft.parent_response_id is not None:
        raise InvalidOperationError(f"draft {index} names two parents; name a response or an index")
    if not 0 <= draft.parent_index < index:
        raise InvalidOperationError(
            f"draft {index} names draft {draft.parent_index} as its parent;"
            " a parent must come earlier in the batch"
        )


def check_said(said: ResponseDraft | Response, what: str) -> None:
    """Check what is to be stored as it is.

    Raises:
        InvalidOperationError: A sender is unknown, or a text cannot be stored; it names `what`.
    """
    if said.sender not in _SENDERS:
        known = ", ".join(_SENDERS)
        raise InvalidOperationError(
            f"{what} has the sender {said.sender!r}; it must be one of: {known}"
        )
    checked_text(said.message, "message")
    checked_text(said.reasoning, "reasoning")
    checked_field(said.marks.note, "note")
    if said.settings != _NO_SETTINGS:
        check_settings(said.settings)
