"""Looms: trees of text fragments, where a path is what its fragments say in a row."""

from grok_tree.formats._format import Format

FORMATS: tuple[Format, ...] = ()
