"""DOT, the language of graphviz: a digraph for each conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO

from grok_tree.forest import Forest, Response, Sender
from grok_tree.formats._format import Format, Option
from grok_tree.formats._paths import Deciding
from grok_tree.formats.pictures._showing import VIEW, check_found, kept, shortened, title_of

_COLOURS: Mapping[Sender, str] = MappingProxyType(
    {"human": "#dbe7fb", "assistant": "#ffffff", "system": "#f6f2e6", "tool": "#e3f2e5"}
)
_WORST, _BEST, _UNSCORED = (244, 165, 130), (146, 208, 160), "#ffffff"

LABELS = Option(name="labels", default=40, help="most characters of a label; 0 for none")
PICTURE_LOSSES = (
    "texts beyond the beginnings that labels show",
    "all fields of responses but sender, starred and partial",
    "all fields of the conversation but title",
)
_COLOUR = Option(
    name="colour",
    choices=("sender", "score"),
    help="by who says it, or by score: from red for the lowest to green for the highest",
)


def _write(
    forests: Iterable[Forest],
    file: BinaryIO,
    *,
    paths: str,
    score: str,
    response: str,
    labels: int,
    colour: str,
) -> int:
    written = 0
    for number, forest in enumerate(forests):
        shown_ones = kept(forest, paths=paths, score=score, response=response)
        if response and not any(shown_ones):
            continue
        colours = _by_score(forest, score) if colour == "score" else {}
        for part in _parts(forest, number, shown_ones, labels=labels, colours=colours):
            file.write(part.encode())
        written += sum(shown_ones)
    check_found(response, written)
    return written


def _parts(
    forest: Forest, number: int, kept_ones: bytearray, *, labels: int, colours: Mapping[str, str]
) -> Iterator[str]:
    yield f'digraph "c{number}" {{\n'
    yield f'graph [label="{_escaped(shortened(title_of(forest), 80))}", labelloc=t]\n'
    yield 'node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=10]\n'
    for place, one in enumerate(forest):
        if kept_ones[place]:
            colour = colours.get(one.response_id, _UNSCORED) if colours else _COLOURS[one.sender]
            yield f'"n{place}" [label="{_label(one, labels)}", fillcolor="{colour}"{_look(one)}]\n'
    for place, parent in enumerate(forest.parent_numbers):
        if kept_ones[place] and parent >= 0:
            yield f'"n{parent}" -> "n{place}"\n'
    yield "}\n"


def _label(one: Response, labels: int) -> str:
    star = "\u2605 " if one.marks.starred else ""
    text = shortened(one.message, labels) if labels else ""
    return _escaped(f"{star}{one.sender}") + (f"\\n{_escaped(text)}" if text else "")


def _look(one: Response) -> str:
    return ', style="rounded,filled,dashed"' if one.partial else ""


def _escaped(text: str) -> str:
    """Return a text that stays inside its quotes, and in which no escape means anything."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _by_score(forest: Forest, score: str) -> dict[str, str]:
    deciding = Deciding(forest, score)
    scores = {}
    for one in forest:
        found = deciding.worth(one)
        if found is not None:
            scores[one.response_id] = found
    lowest, highest = min(scores.values(), default=0), max(scores.values(), default=0)
    wide = (highest - lowest) or 1
    return {"": _UNSCORED} | {
        one: _between((value - lowest) / wide) for one, value in scores.items()
    }


def _between(share: float) -> str:
    mixed = (round(low + (high - low) * share) for low, high in zip(_WORST, _BEST, strict=True))
    return "#" + "".join(f"{one:02x}" for one in mixed)


FORMAT = Format(
    name="dot",
    title="DOT for graphviz, a digraph for each conversation",
    suffix=".dot",
    write=_write,
    options=(*VIEW, LABELS, _COLOUR),
    losses=PICTURE_LOSSES,
)
