"""Research stores: logs of experiments, agents and annotated trees."""

from grok_tree.formats._format import Format
from grok_tree.formats.research import (
    _claude_code,
    _inspect_logs,
    _llm_logs,
    _oasst,
    _pi,
    _thoughts,
)

FORMATS: tuple[Format, ...] = (
    _oasst.FORMAT,
    _llm_logs.FORMAT,
    _inspect_logs.FORMAT,
    _claude_code.FORMAT,
    _pi.FORMAT,
    _thoughts.FORMAT,
)
