"""Conversations of every known format in, the useful ones out, with nothing dropped.

`read` yields the conversations of any file, `write` writes forests; neither needs a server. A
plug-in adds a `Format` under the entry point group ``grok_tree.formats``.
"""

from grok_tree.formats._document import Counts, Document
from grok_tree.formats._drafts import drafts, leaf_index
from grok_tree.formats._format import Format, Found, Option
from grok_tree.formats._mending import mended
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
from grok_tree.formats._opening import Opened, opened
from grok_tree.formats._reading import read, read_all
from grok_tree.formats._registry import detect_format, find_format, known_formats
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, chained, node
from grok_tree.formats._writing import write

__all__ = [
    "NATIVE_FORMAT",
    "NATIVE_VERSION",
    "Counts",
    "Document",
    "Format",
    "Found",
    "NativeDocument",
    "NativeEnd",
    "NativeHeader",
    "NativeRecord",
    "Opened",
    "Option",
    "Skipped",
    "SourceConversation",
    "SourceNode",
    "chained",
    "detect_format",
    "drafts",
    "find_format",
    "known_formats",
    "leaf_index",
    "mended",
    "node",
    "opened",
    "read",
    "read_all",
    "read_documents",
    "read_native",
    "write",
    "write_native",
]
