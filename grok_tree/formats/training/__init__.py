"""Training sets: single chains, and pairs of a better and a worse answer."""

from grok_tree.formats._format import Format

FORMATS: tuple[Format, ...] = ()
