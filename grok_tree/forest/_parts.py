"""What a response may hold beside its text: files, calls of tools, sources."""

from __future__ import annotations

import msgspec

FUNCTION = "function"
"""The kind of a tool that the caller runs; every other kind is run by the model's provider."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A file or an image that belongs to a response; either `file_id` or `url` is given.

    Attributes:
        file_id: SHA-256 of its contents in hexadecimal, under which the store keeps it.
        url: Where it is instead, when the store does not keep it.
        media_type: Such as ``image/png``.
        name: As its owner calls it.
        n_bytes: Its size; 0 when that is not known.
    """

    file_id: str = ""
    url: str = ""
    media_type: str = ""
    name: str = ""
    n_bytes: int = 0

    @property
    def is_image(self) -> bool:
        """Whether a model is shown it as an image."""
        return self.media_type.startswith("image/")


class Tool(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A tool that a model may call.

    Attributes:
        name: Of a function; letters, digits, ``_`` and ``-``.
        description: When and how to use it, for the model.
        parameters: JSON text: of a function the JSON Schema of its arguments, of a tool of the
            provider its options. Empty for none.
        kind: ``function``, or the provider's word: ``web_search``, ``x_search``,
            ``code_execution``.
    """

    name: str = ""
    description: str = ""
    parameters: str = ""
    kind: str = FUNCTION


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A call of a tool, as a model made it.

    Attributes:
        call_id: Names the call; the response of sender ``tool`` that answers it repeats it.
        name: Of the tool.
        arguments: JSON text, as the model wrote it: it may break the tool's schema.
        kind: As in `Tool`; a call of another kind than ``function`` was run by the provider.
    """

    call_id: str
    name: str
    arguments: str = ""
    kind: str = FUNCTION


class Citation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A source that a model names.

    Attributes:
        url: Where it is.
        title: What it is called.
        begin: First character of the message that rests on it; None for the message as a whole.
        end: The character after the last one.
    """

    url: str
    title: str = ""
    begin: int | None = None
    end: int | None = None
