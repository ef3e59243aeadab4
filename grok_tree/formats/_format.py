"""What a format is: a name, a way to know it, a reader, a writer, and what the writer loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grok_tree.formats._document import Document
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation

Found = SourceConversation | Document | Skipped
"""What a reader yields for each conversation of a file, in file order."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """A choice that a writer offers.

    Attributes:
        name: As it is given.
        choices: Its values; the first is the default. Empty for a number or a text.
        help: What it chooses, for a person.
        default: Of a number.
        is_text: It takes any text; the default is none.
    """

    name: str
    help: str
    choices: tuple[str, ...] = ()
    default: int = 0
    is_text: bool = False


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format.

    Attributes:
        name: One word, as ``--format`` takes it.
        title: What it is, for a person.
        suffix: Of the files that are written, with the dot.
        detect: Whether something that was opened is in this format; None: nothing is.
        read: Yields what is in it.
        write: Writes forests one after another and returns the number of responses. Options come
            by name.
        options: What `write` takes.
        losses: What a file that was written does not hold, a noun phrase each, in the words of the
            fields of a response and a conversation.
        extra: The extra of the package that it needs.
    """

    name: str
    title: str
    suffix: str = ""
    detect: Callable[[Opened], bool] | None = None
    read: Callable[[Opened], Iterator[Found]] | None = None
    write: Callable[..., int] | None = None
    options: tuple[Option, ...] = ()
    losses: tuple[str, ...] = ()
    extra: str = ""
