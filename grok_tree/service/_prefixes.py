"""The beginnings of answers that no model has to say: of one that is resumed, or forked."""

from __future__ import annotations

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response, ResponseId, checked_text, fork_parent, resume_parent
from grok_tree.service._live import response_of
from grok_tree.service._requests import SampleCommand
from grok_tree.store import Reader


def prefix_of(reader: Reader, command: SampleCommand) -> str:
    """Return the text with which the answers begin; empty for answers from nothing.

    Of a resumed response that is its text; of a forked one its text up to the offset, and the
    words that are forced.

    Raises:
        InvalidOperationError: The response cannot be continued, or the request says something else.
        ResponseNotFound: It is not there.
    """
    origin = command.origin
    if origin.kind not in ("resumed", "forked"):
        return ""
    begun = response_of(reader, origin.of or "", command.conversation_id)
    if origin.kind == "resumed":
        _check_request(command, begun, resume_parent(begun))
        return begun.message
    offset = origin.offset or 0
    _check_request(command, begun, fork_parent(begun, offset))
    checked_text(origin.forced, "forced text")
    return begun.message[:offset] + origin.forced


def is_growing(response: Response) -> bool:
    """Return whether a response has not ended, as far as the store knows."""
    return response.partial and response.finish_reason is None and not response.manual


def _check_request(command: SampleCommand, begun: Response, parent: ResponseId) -> None:
    if is_growing(begun):
        raise InvalidOperationError(
            f"response {begun.response_id} still grows; attach() to it, or cancel it first",
            response_id=begun.response_id,
        )
    if command.message or command.parent_response_id != parent:
        raise InvalidOperationError(
            f"response {begun.response_id} is {command.origin.kind} below its own parent {parent},"
            " without another message",
            response_id=begun.response_id,
        )
