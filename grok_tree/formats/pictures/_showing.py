"""What is shown of texts, and of which responses; nothing that is shown can hide or turn others."""

from __future__ import annotations

from grok_tree.errors import ResponseNotFound
from grok_tree.forest import Forest
from grok_tree.formats._format import Option
from grok_tree.formats._paths import PATHS, SCORE, chosen_paths

_TURNING = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_SHOWN = str.maketrans(
    {chr(code): chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"}
    | {"\x7f": "\u2421"}
    | {chr(code): f"\u27e8U+{code:04X}\u27e9" for code in (*range(0x80, 0xA0), 0xFFFE, 0xFFFF)}
    | {chr(code): f"\u27e8U+{code:04X}\u27e9" for code in _TURNING}
)

VIEW = (
    Option(
        name="paths",
        choices=("tree", *PATHS.choices[1:]),
        help="tree: everything; active, best, longest: that one path",
    ),
    SCORE,
    Option(name="response", is_text=True, help="only the path to the response of this id"),
)
"""What a writer offers that shows a forest or one path of it."""

TEXT_LOSSES = (
    "control characters, and those that turn the direction of text: they are shown by name",
)


def shown(text: str) -> str:
    """Return a text in which control characters, and those that turn its direction, are visible."""
    return text.translate(_SHOWN)


def shortened(text: str, length: int) -> str:
    """Return a text on one line, cut after so many characters."""
    # Only the beginning is looked at: a text may have millions of characters.
    line = " ".join(shown(text[: 4 * length + 100]).split())
    return line if len(line) <= length else line[: max(0, length - 1)] + "\u2026"


def title_of(forest: Forest) -> str:
    """Return a conversation's title, or how it begins where it has none."""
    if forest.conversation.title:
        return forest.conversation.title
    for one in forest.responses[:8]:
        if one.sender == "human" and one.message:
            return shortened(one.message, 60)
    return forest.conversation.conversation_id


def kept(forest: Forest, *, paths: str, score: str, response: str) -> bytearray:
    """Return for each number whether it is shown.

    Args:
        forest: What is shown.
        paths: As `VIEW` has it.
        score: As `VIEW` has it.
        response: The id of a response whose path is shown instead; empty for none.
    """
    if paths == "tree" and not response:
        return bytearray(b"\1") * len(forest)
    found = bytearray(len(forest))
    numbers = {one: number for number, one in enumerate(forest.responses.ids)}
    if response:
        # Of several forests only one has it.
        ids = forest.path(response).ids if response in forest else []
    else:
        ids = [one for path in chosen_paths(forest, paths, score) for one in path.ids]
    for one in ids:
        found[numbers[one]] = 1
    return found


def check_found(response: str, n_shown: int) -> None:
    """Refuse to write nothing because an id was mistyped.

    Raises:
        ResponseNotFound: No forest has the response.
    """
    if response and not n_shown:
        raise ResponseNotFound(
            f"none of the conversations has a response {response}; look its id up again",
            response_id=response,
        )
