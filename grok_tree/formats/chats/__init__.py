"""Chat products: their exports in, and out where they can be taken back."""

from grok_tree.formats._format import Format
from grok_tree.formats.chats import _chatgpt, _claude

FORMATS: tuple[Format, ...] = (_chatgpt.FORMAT, _claude.FORMAT)
