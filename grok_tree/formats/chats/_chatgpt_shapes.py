"""What stands where in a ChatGPT export; values are checked only where they are looked at."""

from __future__ import annotations

from typing import Any

import msgspec


class Author(msgspec.Struct):
    role: Any = None
    name: Any = None
    metadata: msgspec.Raw = msgspec.Raw()


class Message(msgspec.Struct):
    id: Any = None
    author: Author | None = None
    create_time: Any = None
    update_time: Any = None
    content: msgspec.Raw = msgspec.Raw()
    status: Any = None
    end_turn: Any = None
    weight: Any = None
    metadata: msgspec.Raw = msgspec.Raw()
    recipient: Any = None
    channel: Any = None


class Node(msgspec.Struct):
    id: Any = None
    message: Message | None = None
    parent: Any = None
    children: Any = None


class Metadata(msgspec.Struct):
    model_slug: Any = None
    default_model_slug: Any = None
    is_visually_hidden_from_conversation: Any = None
    finish_details: Any = None
    attachments: Any = None
    citations: list[msgspec.Raw] | None = None
    content_references: list[msgspec.Raw] | None = None


class Conversation(msgspec.Struct):
    mapping: dict[str, Node | None] | None = None
    id: Any = None
    conversation_id: Any = None
    title: Any = None
    create_time: Any = None
    update_time: Any = None
    current_node: Any = None
    default_model_slug: Any = None
    is_starred: Any = None
    is_archived: Any = None
    gizmo_id: Any = None
    gizmo_type: Any = None
    voice: Any = None
    memory_scope: Any = None
    plugin_ids: Any = None
    conversation_template_id: Any = None
    async_status: Any = None
    blocked_urls: Any = None
    context_scopes: Any = None
    conversation_origin: Any = None
    disabled_tool_ids: Any = None
    is_do_not_remember: Any = None
    is_read_only: Any = None
    is_study_mode: Any = None
    moderation_results: Any = None
    owner: Any = None
    pinned_time: Any = None
    safe_urls: Any = None
    sugar_item_id: Any = None
    sugar_item_visible: Any = None
    user_id: Any = None


class StrictAuthor(Author, forbid_unknown_fields=True):
    pass


class StrictMessage(Message, forbid_unknown_fields=True):
    author: StrictAuthor | None = None


class StrictNode(Node, forbid_unknown_fields=True):
    message: StrictMessage | None = None


class StrictConversation(Conversation, forbid_unknown_fields=True):
    """A conversation in which nothing is new, as nearly all are; only others are looked through."""

    mapping: dict[str, StrictNode | None] | None = None  # type: ignore[assignment]


class Dirty(Conversation):
    """A conversation of which some node is no node."""

    mapping: dict[str, msgspec.Raw] | None = None  # type: ignore[assignment]


class Unread(msgspec.Struct):
    """What no field of the structs has.

    Attributes:
        about: Of the conversation.
        nodes: Of its nodes, by their keys.
    """

    about: dict[str, Any] = {}
    nodes: dict[str, dict[str, Any]] = {}
