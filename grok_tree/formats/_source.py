"""What a reader finds in a file: conversations as their format says them, before any repair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from grok_tree.forest import ResponseDraft, Sender, TokenLogprob


class SourceNode(msgspec.Struct, kw_only=True):
    """One message of a file, and what it hangs on.

    Attributes:
        said: What was said, by whom and how; its parent and its origin are not looked at.
        key: Its id in the file; None where the format has none.
        parent: The key of its parent, or its parent's place in the list, counted from 0; None for
            a root.
        structural: It only holds the tree together: its children hang on what it hangs on.
        flags: What the file says of it that a forest has no field for, a word each: ``hidden``,
            ``deleted``, ``empty``.
        repairs: What was mended while it was read, each a kind, a colon and a sentence.
        raw: What the fields cannot hold, as JSON text; empty for nothing.
        logprobs: Of the tokens of its text.
        facts: What is worth showing of it without a field of its own, a name and a text each.
    """

    said: ResponseDraft
    key: str | None = None
    parent: str | int | None = None
    structural: bool = False
    flags: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    raw: str = ""
    logprobs: Sequence[TokenLogprob] = ()
    facts: dict[str, str] = {}


class SourceConversation(msgspec.Struct, kw_only=True):
    """One conversation of a file.

    Attributes:
        nodes: Its messages in file order.
        key: Its id in the file; None where the format has none, then its content is its name.
        key_made: The file does not say the key, its reader made it up.
        title: Empty for none.
        create_time: When it was begun, None where the file does not say.
        modify_time: When it last changed.
        starred: Whether its owner starred it.
        system_prompt: What every answer was told first, where that is not a message of its own.
        leaf: The key or the place of the message that its owner was at; one that is not there is
            as good as None, which means the newest tip.
        order: The key of a message (None: the roots) to the keys of its children in order, where
            the file says so; it never says what hangs where.
        repairs: What was mended in the conversation itself.
    """

    nodes: list[SourceNode]
    key: str | None = None
    key_made: bool = False
    title: str = ""
    create_time: datetime | None = None
    modify_time: datetime | None = None
    starred: bool = False
    system_prompt: str = ""
    leaf: str | int | None = None
    order: dict[str | None, list[str]] = {}
    repairs: tuple[str, ...] = ()


class Skipped(msgspec.Struct, frozen=True):
    """A conversation that cannot be read; the others of its file are.

    Attributes:
        index: Its place in the file, counted from 0.
        id: Its id there, empty where it has none.
        reason: Why, for a person.
    """

    index: int
    id: str
    reason: str


def node(
    sender: Sender,
    message: str,
    *,
    key: str | None = None,
    parent: str | int | None = None,
    structural: bool = False,
    flags: Iterable[str] = (),
    repairs: Iterable[str] = (),
    raw: str = "",
    logprobs: Sequence[TokenLogprob] = (),
    facts: dict[str, str] | None = None,
    **said: Any,
) -> SourceNode:
    """Return a node; what is not named here goes to its `ResponseDraft`."""
    return SourceNode(
        said=ResponseDraft(sender=sender, message=message, **said),
        key=key,
        parent=parent,
        structural=structural,
        flags=tuple(flags),
        repairs=tuple(repairs),
        raw=raw,
        logprobs=logprobs,
        facts=facts or {},
    )


def chained(nodes: Iterable[SourceNode]) -> list[SourceNode]:
    """Return nodes that say nothing of their parents as one chain, in list order."""
    chain = list(nodes)
    for place, one in enumerate(chain):
        one.parent = place - 1 if place else None
    return chain
