"""What people look at and tables hold: outlines, graphs, records."""

from grok_tree.formats._format import Format
from grok_tree.formats.pictures import (
    _dot,
    _graphml,
    _html,
    _markdown,
    _mermaid,
    _nodelink,
    _parquet,
    _records,
)

FORMATS: tuple[Format, ...] = (
    _markdown.FORMAT,
    _html.FORMAT,
    _graphml.FORMAT,
    _nodelink.FORMAT,
    _dot.FORMAT,
    _mermaid.FORMAT,
    _records.CSV,
    _records.RECORDS,
    _parquet.FORMAT,
)
