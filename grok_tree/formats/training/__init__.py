"""Training sets: single chains, and pairs of a better and a worse answer."""

from grok_tree.formats._format import Format
from grok_tree.formats.training import (
    _dpo,
    _kto,
    _messages,
    _openai_requests,
    _preferences,
    _sft,
    _sharegpt,
)

FORMATS: tuple[Format, ...] = (
    _preferences.FORMAT,
    _sharegpt.FORMAT,
    _openai_requests.FORMAT,
    _messages.FORMAT,
    _sft.FORMAT,
    _dpo.FORMAT,
    _kto.FORMAT,
)
