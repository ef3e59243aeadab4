"""A piece of an answer in the stateless chat's words, which has one kind of message for all."""

from __future__ import annotations

from grok_tree.service import token_of
from grok_tree.wire.original import chat, stateless


def stateless_of(said: chat.Said) -> stateless.StatelessResponse | None:
    """Return what a message of the chat with conversations is here; None: it has no place.

    The end of an answer brings which response it is, in the log that clients keep and send back.
    """
    piece = stateless.StatelessResponse(sender=stateless.StatelessResponse.ASSISTANT)
    match said.WhichOneof("response"):
        case "token":
            piece.message = said.token.token.final_logit.string_token
        case "query_action":
            piece.query, piece.query_type = said.query_action.query, said.query_action.type
        case "x_search_results":
            piece.x_post_ids.extend(post.post_id for post in said.x_search_results.results)
        case "web_search_results":
            piece.web_search_results.CopyFrom(said.web_search_results)
        case "model_response":
            piece.debug_log.prompt = token_of(said.model_response.response_id)
        case "search_context":
            piece.search_context.CopyFrom(said.search_context)
        case "image_generation_response":
            made = said.image_generation_response
            piece.image_attachment.image_bytes = made.generated_image_bytes
            piece.image_attachment.content_type = made.content_type
        case "cached_image_generation_response":
            piece.image_attachment.image_url = said.cached_image_generation_response.image_url
        case _:
            return None
    return piece
