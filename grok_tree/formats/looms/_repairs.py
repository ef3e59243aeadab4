"""What several looms need to have mended."""

from __future__ import annotations

from typing import Any

from grok_tree.formats._json import raw_json
from grok_tree.formats._source import SourceNode, node

UNKNOWN_SENDER = "inferred_role: {n} nodes do not say who wrote them; they were read as 'human'"
UNREADABLE = "node_unreadable: it is no object; it is kept as it is"


def unreadable(value: Any, *, key: str | None = None, parent: int | None = None) -> SourceNode:
    """Return an empty node for what should be one, so that what is there is not lost."""
    kept = raw_json({"value": value})
    return node("human", "", key=key, parent=parent, repairs=[UNREADABLE], raw=kept)
