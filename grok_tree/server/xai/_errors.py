"""Errors with the statuses that xAI's API gives them."""

from __future__ import annotations

from grok_tree.errors import (
    ConflictError,
    ContextTooLong,
    ConversationDeletedError,
    GrokTreeError,
    SamplerRefused,
    SamplerUnavailable,
    SamplingError,
)
from grok_tree.server._guard import Context, abort
from grok_tree.wire import STATUSES

_STATUSES: dict[type[GrokTreeError], str] = {
    **STATUSES,
    ConflictError: "FAILED_PRECONDITION",
    ConversationDeletedError: "NOT_FOUND",
    SamplingError: "ABORTED",
    SamplerRefused: "INVALID_ARGUMENT",
    ContextTooLong: "INVALID_ARGUMENT",
    SamplerUnavailable: "FAILED_PRECONDITION",
}
"""Class to the name of its status; a class without an entry has that of its nearest base."""

TOO_LONG = "prompt length"
"""By these words clients know that a prompt does not fit."""


async def abort_as_live(context: Context, error: GrokTreeError, *, begun: bool = False) -> None:
    """End a call with an error as xAI's API would.

    Args:
        context: Of the call.
        error: Why.
        begun: The model was asked. One that is away then may be there later; one that is away
            before lacks something on this machine, and asking again is in vain.
    """
    bases = (base for base in type(error).__mro__ if base in _STATUSES)
    status = _STATUSES[next(bases)]
    if begun and isinstance(error, SamplerUnavailable):
        status = "UNAVAILABLE"
    await abort(context, _worded(error), status)


def _worded(error: GrokTreeError) -> GrokTreeError:
    if not isinstance(error, ContextTooLong) or TOO_LONG in error.message.lower():
        return error
    return ContextTooLong(f"the {TOO_LONG} is above the limit: {error.message}", **error.details)
