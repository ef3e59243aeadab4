"""Conversations, responses and events as the original's messages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grok_tree.forest import Citation, Conversation, Response
from grok_tree.wire import time_to_wire
from grok_tree.wire.original import chat, parts

_POST = re.compile(r"https?://(?:www\.)?(?:x|twitter)\.com/(\w+)/status/(\d+)")


def conversation_of(
    conversation: Conversation, responses: Sequence[Response] = ()
) -> chat.Conversation:
    """Return a conversation as a message, with the responses that are asked for."""
    return chat.Conversation(
        conversation_id=conversation.conversation_id,
        title=conversation.title,
        create_time=time_to_wire(conversation.create_time),
        modify_time=time_to_wire(conversation.modify_time),
        responses=map(response_of, responses),
        starred=conversation.starred,
        system_prompt_name=conversation.system_prompt_name or None,
    )


def response_of(response: Response) -> chat.Response:
    """Return a response as a message; what a model thought has no place there."""
    posts = [post for one in response.citations if (post := post_of(one)) is not None]
    named = [one.url or one.file_id for one in response.attachments]
    of_model = response.sender == "assistant"
    return chat.Response(
        response_id=response.response_id,
        message=response.message,
        sender=response.sender,
        create_time=time_to_wire(response.create_time),
        parent_response_id=response.parent_response_id or "",
        manual=response.manual,
        partial=response.partial,
        shared=response.shared,
        query=response.query,
        query_type=response.query_type,
        xpost_ids=[post.post_id for post in posts],
        xposts=posts,
        generated_image_urls=named if of_model else [],
        image_attachments=[] if of_model else named,
    )


def cited(citation: Citation) -> chat.Said:
    """Return a source that a model named: a post on X, or else a page."""
    post = post_of(citation)
    if post is not None:
        return chat.Said(x_search_results=parts.Posts(results=[post]))
    return chat.Said(web_search_results=parts.Pages(results=[page_of(citation)]))


def page_of(citation: Citation) -> parts.Page:
    """Return a source as a page that was found."""
    return parts.Page(url=citation.url, title=citation.title)


def post_of(citation: Citation) -> parts.Post | None:
    """Return the post on X that a citation names; None for any other page."""
    found = _POST.match(citation.url)
    if found is None:
        return None
    return parts.Post(username=found[1], post_id=found[2], text=citation.title)
