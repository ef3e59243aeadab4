"""Forests as documents: the native JSON Lines, and what an import makes of them."""

from grok_tree.formats._drafts import drafts, leaf_index
from grok_tree.formats._native import (
    NATIVE_FORMAT,
    NATIVE_VERSION,
    NativeDocument,
    NativeEnd,
    NativeHeader,
    NativeRecord,
    read_documents,
    read_native,
    write_native,
)

__all__ = [
    "NATIVE_FORMAT",
    "NATIVE_VERSION",
    "NativeDocument",
    "NativeEnd",
    "NativeHeader",
    "NativeRecord",
    "drafts",
    "leaf_index",
    "read_documents",
    "read_native",
    "write_native",
]
