"""What people look at and tables hold: outlines, graphs, records."""

from grok_tree.formats._format import Format

FORMATS: tuple[Format, ...] = ()
