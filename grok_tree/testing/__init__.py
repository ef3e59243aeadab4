"""What tests of programs that use grok_tree are made of: builders, fakes, servers, suites."""

from grok_tree.testing._builders import (
    CONVERSATION_ID,
    EPOCH,
    ListedResponses,
    forest_from_parents,
    forest_of,
)

__all__ = [
    "CONVERSATION_ID",
    "EPOCH",
    "ListedResponses",
    "forest_from_parents",
    "forest_of",
]
