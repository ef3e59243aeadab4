"""What must hold before a partial response is continued."""

from __future__ import annotations

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response, resume_parent
from grok_tree.service._live import response_of
from grok_tree.service._requests import SampleCommand
from grok_tree.store import Reader


def prefix_of(reader: Reader, command: SampleCommand) -> str:
    """Return the text with which the answers begin: that of the response which is resumed.

    Raises:
        InvalidOperationError: The response cannot be resumed, or the request says something else.
        ResponseNotFound: It is not there.
    """
    if command.origin.kind != "resumed":
        return ""
    partial = response_of(reader, command.origin.of or "", command.conversation_id)
    parent = resume_parent(partial)
    if is_growing(partial):
        raise InvalidOperationError(
            f"response {partial.response_id} still grows; attach() to it, or cancel it first",
            response_id=partial.response_id,
        )
    if command.message or command.parent_response_id != parent:
        raise InvalidOperationError(
            f"response {partial.response_id} is resumed below its own parent {parent}, without"
            " another message",
            response_id=partial.response_id,
        )
    return partial.message


def is_growing(response: Response) -> bool:
    """Return whether a response has not ended, as far as the store knows."""
    return response.partial and response.finish_reason is None and not response.manual
