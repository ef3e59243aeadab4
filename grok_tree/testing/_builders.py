"""Forests for tests that are about shape: from a line of text, from names, from positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

from grok_tree.forest import (
    NO_PARENT,
    Conversation,
    ConversationId,
    Forest,
    HeldResponses,
    Response,
    ResponseId,
    Sender,
)

CONVERSATION_ID = ConversationId("01900000-0000-7000-8000-000000000000")
"""The conversation of every forest that a builder makes."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first response of a built forest was created; each next one is a second later."""


def forest_of(shape: str, *, leaf: str | None = None, title: str = "") -> Forest:
    """Build a forest from a line such as ``"a>b>c, a>d"``.

    Each name is a response: its id and its message. ``>`` attaches the right one to the left one;
    chains are separated by commas; order of creation is order of first appearance. Roots are
    human, their children the assistant's, and so on in turn.

    Args:
        shape: The chains; an empty text is an empty forest.
        leaf: The name of the response that is the leaf.
        title: The conversation's title.

    Raises:
        ValueError: A name is empty, or stands below two parents.
    """
    parents = _parents_in(shape)
    return forest_from_names(parents, leaf=leaf, title=title)


def forest_from_names(
    parents: Mapping[str, str | None], *, leaf: str | None = None, title: str = ""
) -> Forest:
    """Build a forest from names and the names of their parents, every parent before its children.

    Args:
        parents: Name to parent's name, None for a root.
        leaf: The name of the response that is the leaf.
        title: The conversation's title.
    """
    responses: dict[str, Response] = {}
    for name, parent in parents.items():
        above = None if parent is None else responses[parent]
        sender: Sender = "assistant" if above is not None and above.sender == "human" else "human"
        responses[name] = _response(name, parent, len(responses), sender=sender, message=name)
    conversation = _conversation(len(responses), leaf, title)
    numbers = [NO_PARENT if p is None else responses[p].position for p in parents.values()]
    return Forest(conversation, numbers, HeldResponses(responses.values()))


def forest_from_parents(
    parents: Sequence[int],
    *,
    messages: Sequence[str] | None = None,
    leaf: int | None = None,
    title: str = "",
) -> Forest:
    """Build a forest of any size from the position of each response's parent.

    The responses are made when they are looked at. Their ids are UUIDs that end in the position;
    roots are human, their children the assistant's, and so on in turn.

    Args:
        parents: n positions, each smaller than its own place; -1 for a root.
        messages: The texts; None: ``response 0``, ``response 1`` and so on.
        leaf: The position of the response that is the leaf.
        title: The conversation's title.

    Raises:
        ValueError: A parent does not come before its child, or there is not a message for each.
    """
    for place, parent in enumerate(parents):
        if not NO_PARENT <= parent < place:
            raise ValueError(f"the parent of {place} is {parent}; it must be -1 to {place - 1}")
    if messages is not None and len(messages) != len(parents):
        raise ValueError(f"{len(messages)} messages for {len(parents)} responses")
    conversation = _conversation(len(parents), None if leaf is None else _id(leaf), title)
    return Forest(conversation, parents, _MadeResponses(parents, messages))


class _MadeResponses:
    """Responses that are made from their positions when they are looked at."""

    def __init__(self, parents: Sequence[int], messages: Sequence[str] | None) -> None:
        self._parents = parents
        self._messages = messages

    def response_ids(self, numbers: Sequence[int]) -> list[ResponseId]:
        return [_id(number) for number in numbers]

    def number(self, response_id: str) -> int | None:
        start, digits = response_id[: -len(_DIGITS)], response_id[-len(_DIGITS) :]
        if start != _START or not digits.isdecimal() or int(digits) >= len(self._parents):
            return None
        return int(digits)

    def responses(self, numbers: Iterable[int]) -> list[Response]:
        return [self._made(number) for number in numbers]

    def _made(self, number: int) -> Response:
        parent = self._parents[number]
        return _response(
            _id(number),
            None if parent == NO_PARENT else _id(parent),
            number,
            sender="assistant" if self._is_answer[number] else "human",
            message=f"response {number}" if self._messages is None else self._messages[number],
        )

    @cached_property
    def _is_answer(self) -> bytearray:
        answers = bytearray(len(self._parents))
        for place, parent in enumerate(self._parents):
            answers[place] = parent != NO_PARENT and not answers[parent]
        return answers


_START, _DIGITS = "01900000-0000-7000-8000-", "000000000000"


def _id(number: int) -> ResponseId:
    return ResponseId(f"{_START}{number:0{len(_DIGITS)}}")


def _conversation(n_responses: int, leaf: str | None, title: str) -> Conversation:
    return Conversation(
        conversation_id=CONVERSATION_ID,
        create_time=EPOCH,
        modify_time=EPOCH,
        title=title,
        revision=n_responses,
        leaf_response_id=None if leaf is None else ResponseId(leaf),
        n_responses=n_responses,
    )


def _parents_in(shape: str) -> dict[str, str | None]:
    parents: dict[str, str | None] = {}
    chains = shape.split(",") if shape.strip() else []
    for chain in chains:
        above: str | None = None
        for name in (part.strip() for part in chain.split(">")):
            if not name:
                raise ValueError(f"a name is missing in {chain!r}; write chains like 'a>b>c, a>d'")
            known = parents.setdefault(name, above)
            if above is not None and known != above:
                raise ValueError(f"{name!r} stands below {known!r} and below {above!r}")
            above = name
    return parents


def _response(
    name: str, parent: str | None, position: int, *, sender: Sender, message: str
) -> Response:
    return Response(
        response_id=ResponseId(name),
        conversation_id=CONVERSATION_ID,
        parent_response_id=None if parent is None else ResponseId(parent),
        sender=sender,
        message=message,
        create_time=EPOCH + timedelta(seconds=position),
        position=position,
        revision=position + 1,
    )
