"""Research stores: logs of experiments, agents and annotated trees."""

from grok_tree.formats._format import Format

FORMATS: tuple[Format, ...] = ()
