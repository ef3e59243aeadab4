"""Conversations of every known format in, the useful ones out, with nothing dropped.

`read` yields the conversations of any file, `write` writes forests; neither needs a server. A
plug-in adds a `Format` under the entry point group ``grok_tree.formats``.
"""

from grok_tree.formats._document import Counts, Document
from grok_tree.formats._format import Format, Found, Option
from grok_tree.formats._lines import LineBuffer
from grok_tree.formats._logprob_lines import NativeLogprobs
from grok_tree.formats._mending import mended
from grok_tree.formats._native import (
    NATIVE_FORMAT,
    NATIVE_VERSION,
    NativeDocument,
    NativeEnd,
    NativeHeader,
    NativeReader,
    NativeRecord,
    read_documents,
    read_native,
    write_native,
)
from grok_tree.formats._opening import SQLITE, Opened, opened
from grok_tree.formats._reading import read, read_all
from grok_tree.formats._registry import detect_format, find_format, known_formats
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, chained, node
from grok_tree.formats._writing import checked_options, writable_format, write

__all__ = [
    "NATIVE_FORMAT",
    "NATIVE_VERSION",
    "SQLITE",
    "Counts",
    "Document",
    "Format",
    "Found",
    "LineBuffer",
    "NativeDocument",
    "NativeEnd",
    "NativeHeader",
    "NativeLogprobs",
    "NativeReader",
    "NativeRecord",
    "Opened",
    "Option",
    "Skipped",
    "SourceConversation",
    "SourceNode",
    "chained",
    "checked_options",
    "detect_format",
    "find_format",
    "known_formats",
    "mended",
    "node",
    "opened",
    "read",
    "read_all",
    "read_documents",
    "read_native",
    "writable_format",
    "write",
    "write_native",
]
