"""What the use cases take and give back, beside the values of the forest."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from grok_tree.forest import (
    Attachment,
    Ceiling,
    Conversation,
    Origin,
    Response,
    SearchHit,
    Settings,
)


class SampleCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A request to sample.

    Attributes:
        request_id: A repeat with the same id follows the first sampling instead of a second one.
        conversation_id: Where to sample.
        parent_response_id: What to answer; None makes the human response a new root.
        message: What the human says; empty samples directly below the parent.
        n: Number of siblings.
        model_name: None or empty for the conversation's model, then the server's.
        attachments: Files and images of the human response.
        settings: What is asked of the sampler.
        origin: Its kind says what this is; `of` names the response that it concerns.
        keep_leaf: Do not move the leaf.
        detach: Go on when nobody follows any more.
        system_prompt: For this sampling only; None for the conversation's.
        budget: The client's ceiling; None for none.
    """

    request_id: str
    conversation_id: str
    parent_response_id: str | None = None
    message: str = ""
    n: int = 1
    model_name: str = ""
    attachments: tuple[Attachment, ...] = ()
    settings: Settings = Settings()
    origin: Origin = Origin()
    keep_leaf: bool = False
    detach: bool = False
    system_prompt: str | None = None
    budget: Ceiling | None = None


@dataclass(frozen=True)
class ConversationPage:
    """Some conversations, last modified first; an empty token says that no more follow."""

    conversations: list[Conversation]
    next_page_token: str = ""


@dataclass(frozen=True)
class ChangesPage:
    """Some responses that changed after a revision, oldest change first.

    Attributes:
        conversation: The conversation's own fields; on the first page.
        responses: At most 500, and at most 512 KiB of text unless one alone is longer.
        revision: On the last page, the revision that a reader then holds.
        last: Whether this is the last page.
    """

    conversation: Conversation | None
    responses: list[Response]
    revision: int = 0
    last: bool = False


@dataclass(frozen=True)
class SearchPage:
    """Some hits, newest first; an empty token says that no more follow."""

    hits: list[SearchHit]
    next_page_token: str = ""


@dataclass(frozen=True)
class SharedPath:
    """What a share shows: the path and the title, nothing else of the conversation."""

    title: str
    responses: list[Response]


@dataclass(frozen=True)
class ServerInfo:
    """What a server says of itself; no secrets.

    Attributes:
        database: A description.
        database_id: Of this database and no other; a restored one has another.
    """

    version: str
    user: str
    database: str
    database_id: str
