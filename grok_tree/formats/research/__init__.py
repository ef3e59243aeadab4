"""Research stores: logs of experiments, agents and annotated trees."""

from grok_tree.formats._format import Format
from grok_tree.formats.research import _oasst

FORMATS: tuple[Format, ...] = (_oasst.FORMAT,)
