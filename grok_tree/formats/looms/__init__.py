"""Looms: trees of text fragments, where a path is what its fragments say in a row."""

from grok_tree.formats._format import Format
from grok_tree.formats.looms import (
    _bonsai,
    _exoloom,
    _logitloom,
    _loomsidian,
    _pyloom,
    _tapestry,
)

FORMATS: tuple[Format, ...] = (
    _logitloom.FORMAT,
    _exoloom.FORMAT,
    _bonsai.FORMAT,
    _loomsidian.FORMAT,
    _pyloom.FORMAT,
    _tapestry.FORMAT,
)
