"""A Mermaid flowchart, small enough for the viewers that draw it.

Runs without a fork are drawn as one node, and of a large forest only what is nearest to its
roots; what is left out is counted where it hangs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from grok_tree.forest import NO_PARENT, Forest
from grok_tree.formats._format import Format, Option
from grok_tree.formats.pictures._dot import LABELS, PICTURE_LOSSES
from grok_tree.formats.pictures._showing import VIEW, check_found, kept, shortened, title_of

_MOST = 400
# Entities keep every sign from meaning something, in the diagram as in Markdown.
_SIGN = re.compile(r"[!-/:-@\[-`{-~]")
_CLASSES = (
    "classDef human fill:#dbe7fb,stroke:#7a94c4,color:#1b1d22\n"
    "classDef assistant fill:#ffffff,stroke:#9aa1ad,color:#1b1d22\n"
    "classDef system fill:#f6f2e6,stroke:#b8aa7a,color:#1b1d22\n"
    "classDef tool fill:#e3f2e5,stroke:#84b08a,color:#1b1d22\n"
    "classDef more fill:none,stroke:none\n"
)

_COLLAPSE = Option(
    name="collapse",
    choices=("runs", "none"),
    help="runs: responses without a fork between them are one node; none: each has its own",
)
_MAX_NODES = Option(
    name="max_nodes",
    default=_MOST,
    help="most nodes, those nearest to the roots; viewers stop at about 500; 0 for all",
)


def _write(
    forests: Iterable[Forest],
    file: BinaryIO,
    *,
    paths: str,
    score: str,
    response: str,
    labels: int,
    collapse: str,
    max_nodes: int,
) -> int:
    written = 0
    file.write(b"flowchart TD\n" + _CLASSES.encode())
    for number, forest in enumerate(forests):
        shown_ones = kept(forest, paths=paths, score=score, response=response)
        drawn = _Drawn(forest, shown_ones, one_by_one=collapse == "none")
        prefix = f"c{number}n"
        if len(drawn) == 0:
            continue
        file.write(f'subgraph c{number}["{_label(title_of(forest), 60)}"]\n'.encode())
        file.write(b"direction TB\n")
        for part in drawn.lines(prefix, labels=labels, most=max_nodes):
            file.write(part.encode())
        file.write(b"end\n")
        written += sum(shown_ones)
    check_found(response, written)
    return written


class _Drawn:
    """The nodes of a chart: first and last response of each run, and which run it hangs on."""

    def __init__(self, forest: Forest, kept_ones: bytearray, *, one_by_one: bool) -> None:
        self._forest = forest
        parents = forest.parent_numbers
        fanouts = Counter(p for place, p in enumerate(parents) if kept_ones[place])
        self._of: dict[int, int] = {}
        self._firsts: list[int] = []
        self._lengths: list[int] = []
        self._parents: list[int] = []
        for place, parent in enumerate(parents):
            if not kept_ones[place]:
                continue
            if parent != NO_PARENT and fanouts[parent] == 1 and not one_by_one:
                self._of[place] = self._of[parent]
                self._lengths[self._of[place]] += 1
                continue
            self._of[place] = len(self._firsts)
            self._firsts.append(place)
            self._lengths.append(1)
            self._parents.append(NO_PARENT if parent == NO_PARENT else self._of[parent])

    def __len__(self) -> int:
        return len(self._firsts)

    def lines(self, prefix: str, *, labels: int, most: int) -> Iterator[str]:
        """Yield nodes and edges, of so many nodes at most, and how much of each is left out."""
        chosen = self._nearest(most) if most else set(range(len(self)))
        drawn = sorted(chosen)
        firsts = self._forest.responses.several(self._firsts[one] for one in drawn)
        for one, first in zip(drawn, firsts, strict=True):
            more = f" … {self._lengths[one]} responses" if self._lengths[one] > 1 else ""
            star = "★ " if first.marks.starred else ""
            text = _label(first.message, labels) if labels else ""
            label = f"{star}{first.sender}{more}" + (f"<br/>{text}" if text else "")
            yield f'{prefix}{one}["{label}"]:::{first.sender}\n'
            if self._parents[one] != NO_PARENT:
                yield f"{prefix}{self._parents[one]} --> {prefix}{one}\n"
        for one, count in sorted(self._left_out(chosen).items()):
            source = "" if one == NO_PARENT else f"{prefix}{one} -.-> "
            name = f"{prefix}{one}m" if one != NO_PARENT else f"{prefix}m"
            yield f'{source}{name}["{count} more"]:::more\n'

    def _nearest(self, most: int) -> set[int]:
        """Return so many nodes at most, level by level, each with its parent."""
        depths: list[int] = []
        for parent in self._parents:
            depths.append(0 if parent == NO_PARENT else depths[parent] + 1)
        return set(sorted(range(len(self)), key=lambda one: (depths[one], one))[:most])

    def _left_out(self, chosen: set[int]) -> Counter[int]:
        """Return for each chosen node how many responses below it are left out."""
        found: Counter[int] = Counter()
        above: dict[int, int] = {}
        for one, parent in enumerate(self._parents):
            if one not in chosen:
                above[one] = above.get(parent, parent)
                found[above[one]] += self._lengths[one]
        return found


def _label(text: str, length: int) -> str:
    return _SIGN.sub(lambda sign: f"#{ord(sign[0])};", shortened(text, length))


FORMAT = Format(
    name="mermaid",
    title="Mermaid flowchart, small enough to be drawn",
    suffix=".mmd",
    write=_write,
    options=(*VIEW, LABELS, _COLLAPSE, _MAX_NODES),
    losses=(*PICTURE_LOSSES, "responses beyond max_nodes, which are counted only"),
)
