"""Depths, children and subtrees in plain Python, for what must work without numpy."""

from __future__ import annotations

from dataclasses import dataclass

from grok_tree.forest import NO_PARENT, Forest


@dataclass(frozen=True)
class Counts:
    """Figures of every response of a forest, by its number.

    Attributes:
        depths: Responses on the path to it, itself included; 1 for a root.
        n_children: Its children.
        n_tips: Tips in its subtree, itself included.
        sizes: Responses in its subtree, itself included.
    """

    depths: list[int]
    n_children: list[int]
    n_tips: list[int]
    sizes: list[int]


def counts_of(forest: Forest) -> Counts:
    """Count once down and once up; a parent's number is smaller than its children's."""
    parents = forest.parent_numbers
    n = len(parents)
    depths, n_children, n_tips, sizes = [1] * n, [0] * n, [0] * n, [1] * n
    for number, parent in enumerate(parents):
        if parent != NO_PARENT:
            depths[number] = depths[parent] + 1
            n_children[parent] += 1
    for number in range(n - 1, -1, -1):
        n_tips[number] = n_tips[number] or 1
        parent = parents[number]
        if parent != NO_PARENT:
            n_tips[parent] += n_tips[number]
            sizes[parent] += sizes[number]
    return Counts(depths, n_children, n_tips, sizes)
