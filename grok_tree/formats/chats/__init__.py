"""Chat products: their exports in, and out where they can be taken back."""

from grok_tree.formats._format import Format
from grok_tree.formats.chats import _chatgpt, _claude, _grok, _openwebui, _sillytavern

FORMATS: tuple[Format, ...] = (
    _chatgpt.FORMAT,
    _claude.FORMAT,
    _grok.FORMAT,
    _openwebui.FORMAT,
    _sillytavern.FORMAT,
)
