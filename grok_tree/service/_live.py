"""Looking things up that must be there and not deleted."""

from __future__ import annotations

from grok_tree.errors import ConversationDeletedError, InvalidOperationError, ResponseNotFound
from grok_tree.forest import Conversation, Response
from grok_tree.store import Reader


def live_conversation(reader: Reader, conversation_id: str) -> Conversation:
    """Return a conversation that is not deleted.

    Raises:
        ConversationNotFound: There is none of this id.
        ConversationDeletedError: It was deleted.
    """
    conversation = reader.conversation(conversation_id)
    if conversation.deleted:
        raise ConversationDeletedError(
            f"conversation {conversation_id} was deleted; restore() it first",
            conversation_id=conversation_id,
        )
    return conversation


def live_response(reader: Reader, response_id: str) -> Response:
    """Return a response that is not deleted, of a conversation that is not.

    Raises:
        ResponseNotFound: There is none of this id, or it was deleted.
        ConversationDeletedError: Its conversation was deleted.
    """
    response = reader.response(response_id)
    live_conversation(reader, response.conversation_id)
    return _visible(response)


def visible_response(reader: Reader, response_id: str) -> Response:
    """Return a response that is not deleted itself; its conversation may be.

    Raises:
        ResponseNotFound: There is none of this id, or it was deleted.
    """
    return _visible(reader.response(response_id))


def _visible(response: Response) -> Response:
    if response.deleted:
        raise ResponseNotFound(
            f"response {response.response_id} was deleted; restore() it first",
            response_id=response.response_id,
        )
    return response


def response_of(reader: Reader, response_id: str, conversation_id: str) -> Response:
    """Return a live response of one conversation.

    Raises:
        InvalidOperationError: It belongs to another conversation.
        ResponseNotFound: There is none of this id, or it was deleted.
    """
    response = live_response(reader, response_id)
    if response.conversation_id != conversation_id:
        raise InvalidOperationError(
            f"response {response_id} belongs to conversation {response.conversation_id},"
            f" not to {conversation_id}",
            response_id=response_id,
            conversation_id=conversation_id,
        )
    return response
