"""From nodes inside nodes to a list, with what was folded into one node taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from grok_tree.formats._loose import key_of, list_of, without

HEAD, TAIL = "masked_head", "tail_id"
COMPOUND = "compound"

TAIL_UNKNOWN = "tail_unknown: a folded chain ends with {tail!r}, which is not in it; its children"
TAIL_UNKNOWN += " were put under its beginning"


class Placed(NamedTuple):
    """A node, and the place of its parent in the list."""

    value: Any
    parent: int | None


class Flat(NamedTuple):
    """All nodes of a tree, each before its children, in the order of the file.

    Attributes:
        nodes: The nodes.
        aliases: The id of each folded chain to the id of the last node in it.
    """

    nodes: list[Placed]
    aliases: dict[str, str]

    def end_of(self, key: str | None) -> str | None:
        """Return the id of the node that stands for an id: of a chain, its last one."""
        seen: set[str] = set()
        while key in self.aliases and key not in seen:
            seen.add(key)
            key = self.aliases[key]
        return key


def unfolded(tops: Sequence[Any], mended: list[str]) -> Flat:
    """Return all nodes of some trees.

    A compound node stands for a chain of nodes: the chain takes its place, and its children hang
    on the end of the chain.

    Args:
        tops: The roots.
        mended: Takes a sentence for each chain without an end.
    """
    nodes: list[Placed] = []
    aliases: dict[str, str] = {}
    waiting: list[Placed] = [Placed(top, None) for top in reversed(tops)]
    while waiting:
        value, parent = waiting.pop()
        while isinstance(value, dict) and isinstance(value.get(HEAD), dict):
            value = _taken_apart(value, aliases, mended)
        nodes.append(Placed(value, parent))
        if isinstance(value, dict):
            place = len(nodes) - 1
            waiting.extend(Placed(one, place) for one in reversed(list_of(value.get("children"))))
    return Flat(nodes, aliases)


def _taken_apart(mask: dict[str, Any], aliases: dict[str, str], mended: list[str]) -> Any:
    head = mask[HEAD]
    tail = _find(head, key_of(mask.get(TAIL)))
    if tail is None:
        mended.append(TAIL_UNKNOWN.format(tail=mask.get(TAIL)))
        tail = head
    children = list_of(mask.get("children"))
    for child in children:
        if isinstance(child, dict) and "parent_id" in child:
            child["parent_id"] = tail.get("id")
    tail["children"] = [*list_of(tail.get("children")), *children]
    if mask.get("parent_id"):
        head["parent_id"] = mask["parent_id"]
    mask_key, tail_key = key_of(mask.get("id")), key_of(tail.get("id"))
    if mask_key and tail_key:
        aliases[mask_key] = tail_key
    folds = list_of(mask.get(COMPOUND))
    folds.append(without(mask, HEAD, COMPOUND, "children", "text", "parent_id"))
    head[COMPOUND] = folds
    return head


def _find(head: dict[str, Any], key: str | None) -> dict[str, Any] | None:
    """Return the node of a folded chain that has an id; what is folded again is not searched."""
    waiting = [head]
    while waiting:
        one = waiting.pop()
        if key is not None and key_of(one.get("id")) == key:
            return one
        waiting.extend(child for child in list_of(one.get("children")) if isinstance(child, dict))
    return None
