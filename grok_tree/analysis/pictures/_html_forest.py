"""Forests as inert HTML: the path to the leaf with what stands beside it, and an outline."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from grok_tree.analysis._counts import Counts, counts_of
from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis._markup import folded, left_out, muted, one_line
from grok_tree.analysis._samples import with_siblings
from grok_tree.analysis.pictures._html_response import block
from grok_tree.forest import NO_PARENT, Forest, Response, counted

_MOST_ON_PATH = 24
_MOST_SIBLINGS = 8
_MOST_RUNS = 120
_PREVIEW = 120


def forest_html(forest: AnyForest) -> str:
    """Return a forest as inert HTML, small however large it is.

    The path to the leaf comes first, its end whole and with the siblings of each response folded
    beside it; then, folded, an outline of all branches, the upper ones first. What is left out is
    counted. Needs no other library.
    """
    taken = snapshot_of(forest)
    counts = counts_of(taken)
    title = one_line(taken.conversation.title or "Untitled conversation", 200)
    figures = [
        counted(len(taken), "response"),
        counted(sum(n == 0 for n in counts.n_children), "tip"),
        counted(sum(n > 1 for n in counts.n_children), "fork"),
        f"depth {max(counts.depths, default=0):,}",
    ]
    inside = _path(taken) + _tree(taken, counts) if len(taken) else ""
    return folded(f"<b>{title}</b> {muted(figures)}", inside, is_open=True)


def _path(forest: Forest) -> str:
    leaf = forest.leaf
    if leaf is None:
        return ""
    path = forest.path(leaf.response_id)
    hidden = max(0, len(path) - _MOST_ON_PATH)
    earlier = left_out(hidden, "earlier response")
    return earlier + "".join(block(one, _siblings(forest, one)) for one in path[hidden:])


def _siblings(forest: Forest, response: Response) -> str:
    together = with_siblings(forest, response)
    if len(together) < 2:
        return ""
    some = [one for one in together[: _MOST_SIBLINGS + 1] if one != response][:_MOST_SIBLINGS]
    lines = "".join(f"<div>{_preview(one)}</div>" for one in some)
    hidden = len(together) - 1 - len(some)
    more = left_out(hidden, "more", "more")
    beside = counted(len(together) - 1, "other response") + " in its place"
    return folded(muted([beside]), lines + more)


def _preview(response: Response) -> str:
    mark = " ★" if response.marks.starred else ""
    return f"<i>{response.sender}</i>{mark} {one_line(response.message, _PREVIEW)}"


@dataclass
class _Run:
    """Responses of which each is the only child of the one before, and what hangs below them."""

    first: Response
    last: Response
    length: int
    n_children: int
    n_tips: int
    children: list[_Run] = field(default_factory=list)


def _tree(forest: Forest, counts: Counts) -> str:
    if sum(n == 0 for n in counts.n_children) < 2:
        return ""
    roots, n_shown = _runs(forest, counts)
    parts = []
    # What is still to be written, last first: runs, and the ends of those that were begun.
    left: list[_Run | str] = [_more(len(forest.roots) - len(roots)), *reversed(roots)]
    while left:
        one = left.pop()
        if isinstance(one, str):
            parts.append(one)
        elif not one.children:
            parts.append(f"<div>{_line(one)}</div>")
        else:
            parts.append(f"<details open><summary>{_line(one)}</summary>{_INDENTED}")
            more = _more(one.n_children - len(one.children))
            left += [f"{more}</div></details>", *reversed(one.children)]
    said = ["tree", f"{counted(n_shown, 'run')} of responses"]
    return folded(muted(said), "".join(parts), is_open=forest.leaf is None)


_INDENTED = '<div style="margin-left:1.2em">'


def _more(n: int) -> str:
    return left_out(n, "more branch", "more branches")


def _line(run: _Run) -> str:
    said = _preview(run.first)
    if run.length > 1:
        between = f"… {run.length - 2:,} …" if run.length > 2 else "…"
        said += f" {muted([between])} {_preview(run.last)}"
    if run.n_children:
        branches, tips = counted(run.n_children, "branch", "branches"), counted(run.n_tips, "tip")
        said += f" {muted([branches, tips])}"
    return said


def _runs(forest: Forest, counts: Counts) -> tuple[list[_Run], int]:
    """Return the uppermost runs, as many as are shown, and how many these are."""
    only_child = _only_children(forest.parent_numbers, counts)
    roots = [_run(forest, counts, only_child, one) for one in forest.roots[:_MOST_SIBLINGS]]
    waiting, n = deque(roots), len(roots)
    while waiting and n < _MOST_RUNS:
        run = waiting.popleft()
        below = forest.children(run.last.response_id) if run.n_children else ()
        for child in below[: min(_MOST_SIBLINGS, _MOST_RUNS - n)]:
            run.children.append(_run(forest, counts, only_child, child))
        waiting += run.children
        n += len(run.children)
    return roots, n


def _only_children(parents: Sequence[int], counts: Counts) -> list[int]:
    """Return the number of each response's only child, `NO_PARENT` where it has none or several."""
    only = [NO_PARENT] * len(parents)
    for number, parent in enumerate(parents):
        if parent != NO_PARENT and counts.n_children[parent] == 1:
            only[parent] = number
    return only


def _run(forest: Forest, counts: Counts, only_child: list[int], first: Response) -> _Run:
    number = forest.number(first.response_id)
    length = 1
    while only_child[number] != NO_PARENT:
        number = only_child[number]
        length += 1
    last = first if length == 1 else forest.responses[number]
    return _Run(first, last, length, counts.n_children[number], counts.n_tips[number])
