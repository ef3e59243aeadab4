"""Chat products: their exports in, and out where they can be taken back."""

from grok_tree.formats._format import Format
from grok_tree.formats.chats import (
    _chatbotui,
    _chatgpt,
    _claude,
    _grok,
    _librechat,
    _llama_ui,
    _openwebui,
    _pam,
    _sillytavern,
)

FORMATS: tuple[Format, ...] = (
    _chatgpt.FORMAT,
    _claude.FORMAT,
    _grok.FORMAT,
    _openwebui.FORMAT,
    _librechat.FORMAT,
    _chatbotui.FORMAT,
    _pam.FORMAT,
    _llama_ui.FORMAT,
    _sillytavern.FORMAT,
)
