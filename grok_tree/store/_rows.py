"""Between rows and values: what is compact on disk and readable above."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, get_args

import msgspec

from grok_tree.forest import (
    Attachment,
    Citation,
    Conversation,
    ConversationId,
    FinishReason,
    Marks,
    Origin,
    Response,
    ResponseDraft,
    ResponseId,
    SearchHit,
    Sender,
    Settings,
    Timing,
    TokenLogprob,
    ToolCall,
    Usage,
    id_text,
)

NO_PARENT = -1
SENDERS: tuple[Sender, ...] = get_args(Sender)
"""A sender is stored as its place here: never reorder."""
REASONS: tuple[FinishReason, ...] = get_args(FinishReason)
"""A finish reason is stored as its place here: never reorder."""

MANUAL, PARTIAL, GROWING, SHARED, PURGED = 1, 2, 4, 8, 16

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class NewResponse:
    """A response to be added.

    Attributes:
        response_id: Its new id.
        draft: Its content and where it attaches.
        manual: Written by hand in the place of a model.
        growing: Its text is still to come; `Writer.finish` ends it.
    """

    response_id: ResponseId
    draft: ResponseDraft
    manual: bool = False
    growing: bool = False


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """How a growing response ends; the attributes are those of `Response`.

    Attributes:
        provenance: Joins the response's origin.
        logprobs: Kept apart, read on demand.
    """

    message: str
    finish_reason: FinishReason
    partial: bool = False
    reasoning: str = ""
    usage: Usage = Usage()
    timing: Timing = Timing()
    query: str = ""
    query_type: str = ""
    attachments: tuple[Attachment, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    encrypted_reasoning: str = ""
    provenance: dict[str, str] = {}
    logprobs: Sequence[TokenLogprob] = ()


@dataclass(frozen=True, order=True)
class Cursor:
    """How far a reader of changes has come; position -1: it has all of that revision."""

    revision: int
    position: int


@dataclass(frozen=True)
class Mirrored:
    """How far a mirror has copied a conversation.

    Attributes:
        cursor: Everything up to here is in the mirror.
        sync_time: When that was so on the server.
    """

    cursor: Cursor
    sync_time: datetime

    @property
    def complete(self) -> bool:
        """Whether no copying was cut in the middle."""
        return self.cursor.position < 0


@dataclass(frozen=True)
class Shape:
    """How the responses of a conversation hang together, without the responses.

    Attributes:
        key: The conversation's, for `Lookup`.
        revision: At which it was so.
        parents: The position of each response's parent, by position; -1 for a root.
        hidden: The positions of those that are hidden.
    """

    key: int
    revision: int
    parents: array[int]
    hidden: array[int]


class Orphan(NamedTuple):
    """A copied response whose parent was not copied yet, because that changed later.

    Attributes:
        before: A copy that is cut goes on from here, to meet the response again.
        content_hash: Of the response with its parent; None for a tombstone.
    """

    position: int
    parent_id: bytes
    before: Cursor
    content_hash: bytes | None


@dataclass(frozen=True)
class ConversationRows:
    """Some conversations, and the token that continues after them."""

    conversations: list[Conversation]
    next_token: str


@dataclass(frozen=True)
class SearchRows:
    """Some hits, and the token that continues after them."""

    hits: list[SearchHit]
    next_token: str


@dataclass(frozen=True)
class ResolvedIds:
    """The ids that begin with a prefix."""

    conversation_ids: list[ConversationId]
    response_ids: list[ResponseId]


@dataclass(frozen=True)
class ShareRow:
    """A share without its address."""

    share_id: str
    response_id: ResponseId
    create_time: datetime


@dataclass(frozen=True)
class Remembered:
    """The first result of a request."""

    method: str
    fingerprint: bytes
    result: bytes


class ResponseRow(NamedTuple):
    """The columns of `_reader.RESPONSE`, in that order; much quicker to read than the row itself.

    Attributes:
        conversation_key: The conversation's key; `conversation_id` is its id.
        finish_reason: Place in `REASONS`.
        hidden_at: Revision of the deletion that hides it, 0 when it is visible.
    """

    key: int
    conversation_key: int
    id: bytes
    conversation_id: bytes
    parent_id: bytes | None
    sender: int
    message: str
    reasoning: str | None
    created_us: int
    flags: int
    model_name: str | None
    finish_reason: int | None
    facts: bytes | None
    marks: bytes | None
    position: int
    parent_position: int
    revision: int
    hidden_at: int


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored of a response in one blob, because nobody searches by it."""

    settings: Settings = Settings()
    usage: Usage = Usage()
    timing: Timing = Timing()
    origin: Origin = Origin()
    query: str = ""
    query_type: str = ""
    attachments: tuple[Attachment, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    citations: tuple[Citation, ...] = ()
    encrypted_reasoning: str = ""


# Neighbouring rows name the same conversation, and each other as parents.
_id_text = lru_cache(maxsize=4096)(id_text)
_NO_FACTS, _NO_MARKS = Facts(), Marks()
_encode = msgspec.msgpack.Encoder().encode
_decode_facts = msgspec.msgpack.Decoder(Facts).decode
_decode_marks = msgspec.msgpack.Decoder(Marks).decode
_decode_logprobs = msgspec.msgpack.Decoder(list[TokenLogprob]).decode


def microseconds(time: datetime) -> int:
    """Return a time as it is stored."""
    return (time - _EPOCH) // _MICROSECOND


def time_of(stored: int) -> datetime:
    """Return a stored time, aware and in UTC."""
    return _EPOCH + timedelta(microseconds=stored)


def encode_facts(facts: Facts) -> bytes | None:
    return None if facts == _NO_FACTS else _encode(facts)


def decode_facts(stored: bytes | None) -> Facts:
    return _NO_FACTS if stored is None else _decode_facts(stored)


def encode_marks(marks: Marks) -> bytes | None:
    return None if marks == _NO_MARKS else _encode(marks)


def decode_marks(stored: bytes | None) -> Marks:
    return _NO_MARKS if stored is None else _decode_marks(stored)


def encode_logprobs(logprobs: Sequence[TokenLogprob]) -> bytes:
    return _encode(list(logprobs))


def decode_logprobs(stored: bytes) -> list[TokenLogprob]:
    return _decode_logprobs(stored)


def content_hash(sender: int, parent: bytes | None, message: str, reasoning: str) -> bytes:
    """Return what must still be true of a finished response whenever it is read."""
    return hash_of_bytes(sender, parent, message.encode(), reasoning.encode())


def hash_of_bytes(sender: int, parent: bytes | None, message: bytes, reasoning: bytes) -> bytes:
    """Return the same of texts as they are on the disk."""
    length = len(message).to_bytes(8, "big")
    parts = (bytes([sender]), parent or bytes(16), length, message, reasoning)
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()


def conversation_from_row(row: Any) -> Conversation:
    """Make a conversation of the columns of `_reader.CONVERSATION`."""
    return Conversation(
        conversation_id=ConversationId(id_text(row.id)),
        title=row.title,
        starred=bool(row.starred),
        create_time=time_of(row.created_us),
        modify_time=time_of(row.modified_us),
        model_name=row.model_name,
        system_prompt=row.system_prompt,
        system_prompt_name=row.system_prompt_name,
        revision=row.revision,
        leaf_response_id=None if row.leaf_id is None else ResponseId(id_text(row.leaf_id)),
        deleted=bool(row.deleted),
        n_responses=row.n_visible,
    )


def response_from_row(stored: Iterable[Any]) -> Response:
    """Make a response of the columns of `_reader.RESPONSE`; a hidden one shows no contents."""
    row = ResponseRow(*stored)
    facts = decode_facts(row.facts)
    hidden = bool(row.hidden_at)
    shown = _NO_FACTS if hidden else facts
    return Response(
        response_id=ResponseId(_id_text(row.id)),
        conversation_id=ConversationId(_id_text(row.conversation_id)),
        parent_response_id=None if row.parent_id is None else ResponseId(_id_text(row.parent_id)),
        sender=SENDERS[row.sender],
        message="" if hidden else row.message,
        create_time=time_of(row.created_us),
        reasoning="" if hidden else row.reasoning or "",
        manual=bool(row.flags & MANUAL),
        partial=bool(row.flags & PARTIAL),
        shared=bool(row.flags & SHARED),
        query=shown.query,
        query_type=shown.query_type,
        attachments=shown.attachments,
        tool_calls=shown.tool_calls,
        tool_call_id=shown.tool_call_id,
        citations=shown.citations,
        encrypted_reasoning=shown.encrypted_reasoning,
        model_name=row.model_name or "",
        finish_reason=None if row.finish_reason is None else REASONS[row.finish_reason],
        settings=facts.settings,
        usage=facts.usage,
        timing=facts.timing,
        origin=facts.origin,
        marks=decode_marks(row.marks),
        position=row.position,
        revision=row.revision,
        deleted=hidden,
    )
