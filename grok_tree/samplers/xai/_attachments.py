"""Files and images of a turn, as contents of a message."""

from __future__ import annotations

import base64
from typing import Any

from grok_tree.forest import Attachment
from grok_tree.samplers._contract import Prompt, Turn
from grok_tree.samplers.xai._schema import Schema


async def contents(schema: Schema, prompt: Prompt, turn: Turn) -> list[Any]:
    """Return the text of a turn and what is attached to it; at least one content.

    Raises:
        NotFoundError: An attachment is not in the store any more.
    """
    attached = [await _content(schema, prompt, one) for one in turn.attachments]
    if turn.message or not attached:
        return [schema.chat.Content(text=turn.message), *attached]
    return attached


async def _content(schema: Schema, prompt: Prompt, attachment: Attachment) -> Any:
    chat = schema.chat
    if attachment.is_image:
        url = attachment.url or _data_url(attachment, await prompt.load_file(attachment.file_id))
        image = schema.image.ImageUrlContent(image_url=url, detail=schema.image.DETAIL_AUTO)
        return chat.Content(image_url=image)
    named = {"filename": attachment.name, "mime_type": attachment.media_type}
    if attachment.url:
        return chat.Content(file=chat.FileContent(url=attachment.url, **named))
    data = await prompt.load_file(attachment.file_id)
    return chat.Content(file=chat.FileContent(data=data, **named))


def _data_url(attachment: Attachment, data: bytes) -> str:
    return f"data:{attachment.media_type};base64,{base64.b64encode(data).decode()}"
