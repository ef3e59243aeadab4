"""What can be compared of a conversation, whatever it was read from: model, service, client."""

from __future__ import annotations

from dataclasses import dataclass

from grok_tree.forest import Conversation, Response


@dataclass(frozen=True)
class SeenResponse:
    """A visible response without times and figures, which differ from backend to backend."""

    response_id: str
    parent: str | None
    sender: str
    message: str
    manual: bool = False
    finish_reason: str | None = None
    partial: bool = False
    shared: bool = False
    origin: tuple[str, str | None] = ("manual", None)
    starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    scores: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class SeenConversation:
    """A conversation and its visible responses in order of creation."""

    title: str
    starred: bool
    leaf: str | None
    responses: tuple[SeenResponse, ...]


@dataclass(frozen=True)
class SeenChange:
    """What a watcher was told of a response."""

    response_id: str
    revision: int
    deleted: bool


@dataclass(frozen=True)
class TurnIds:
    """The ids that a backend gave to what one turn made.

    Attributes:
        human: Of the human response, None when there was none.
        answers: Of the answers, in order of index.
    """

    human: str | None
    answers: tuple[str, ...]


def seen_response(response: Response) -> SeenResponse:
    """Return what can be compared of a response."""
    marks = response.marks
    return SeenResponse(
        response_id=response.response_id,
        parent=response.parent_response_id,
        sender=response.sender,
        message=response.message,
        manual=response.manual,
        finish_reason=response.finish_reason,
        partial=response.partial,
        shared=response.shared,
        origin=(response.origin.kind, response.origin.of),
        starred=marks.starred,
        tags=marks.tags,
        note=marks.note,
        scores=tuple(sorted(marks.scores.items())),
    )


def seen_conversation(conversation: Conversation, responses: list[Response]) -> SeenConversation:
    """Return what can be compared of a conversation; `responses` are its visible ones."""
    return SeenConversation(
        title=conversation.title,
        starred=conversation.starred,
        leaf=conversation.leaf_response_id,
        responses=tuple(seen_response(r) for r in sorted(responses, key=lambda r: r.position)),
    )
