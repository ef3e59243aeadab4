"""Research stores: logs of experiments, agents and annotated trees."""

from grok_tree.formats._format import Format
from grok_tree.formats.research import _llm_logs, _oasst

FORMATS: tuple[Format, ...] = (_oasst.FORMAT, _llm_logs.FORMAT)
