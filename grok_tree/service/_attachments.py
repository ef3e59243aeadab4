"""What must hold of the files that a human response brings."""

from __future__ import annotations

import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Attachment, checked_field
from grok_tree.store import Reader

MOST_ATTACHMENTS = 64


def known_attachments(
    reader: Reader, attachments: tuple[Attachment, ...], message: str
) -> tuple[Attachment, ...]:
    """Return attachments with all that the store knows of them.

    Raises:
        AttachmentNotFound: A file is not kept here.
        InvalidOperationError: There is no response to attach them to, or one of them is neither a
            kept file nor an address.
    """
    if attachments and not message:
        raise InvalidOperationError(
            "attachments belong to a human response, and this request brings none; say something"
        )
    if len(attachments) > MOST_ATTACHMENTS:
        raise InvalidOperationError(
            f"{len(attachments)} attachments; one response has {MOST_ATTACHMENTS} at most"
        )
    return tuple(_known(reader, one) for one in attachments)


def _known(reader: Reader, given: Attachment) -> Attachment:
    for text in (given.url, given.name, given.media_type):
        checked_field(text, "attachment")
    if given.file_id:
        kept = reader.file_info(given.file_id)
        return msgspec.structs.replace(
            kept,
            name=given.name or kept.name,
            media_type=given.media_type or kept.media_type,
        )
    if not given.url.startswith(("https://", "http://")):
        raise InvalidOperationError(
            f"the attachment {given.name or given.url!r} is neither a file of this server nor an"
            " http address; upload() the file first"
        )
    return given
