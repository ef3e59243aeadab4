"""What the original's OpenAI-like requests ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Sender, Settings
from grok_tree.server._numbers import shortest
from grok_tree.server.original._images import images_in
from grok_tree.service import Said
from grok_tree.wire.original import compat

SYSTEM = "system"
_SENDERS: dict[str, Sender] = {
    SYSTEM: "system",
    "user": "human",
    "human": "human",
    "assistant": "assistant",
}
_TEXTS = ("", "text", "text_file")
_FORMATS = {"": "", "text": "", "json_object": "json"}


@dataclass(frozen=True)
class Path:
    """What was said, what the model is told before it, and the contents of images."""

    said: tuple[Said, ...]
    system_prompt: str
    files: Mapping[str, bytes]


def compat_path(request: compat.CompletionRequest) -> Path:
    """Return the messages as a path; a first one of the system is the system prompt.

    The names of participants are ignored: no model is shown them.

    Raises:
        InvalidOperationError: A role or a kind of content is not known here.
    """
    files: dict[str, bytes] = {}
    said = [_said(message, files) for message in request.messages]
    if said and said[0].sender == SYSTEM:
        return Path(tuple(said[1:]), said[0].message, files)
    return Path(tuple(said), "", files)


def compat_settings(request: compat.CompletionRequest) -> Settings:
    """Return the settings that are asked for; a zero is one that was left out.

    Raises:
        InvalidOperationError: Something is asked for that cannot be done here.
    """
    if request.logit_bias:
        raise InvalidOperationError("logit_bias is set, and cannot be followed here; leave it out")
    form = request.response_format.type
    if form not in _FORMATS:
        known = ", ".join(filter(None, _FORMATS))
        raise InvalidOperationError(f"response_format {form!r} is not known; there are: {known}")
    return Settings(
        temperature=shortest(request.temperature) or None,
        top_p=shortest(request.top_p) or None,
        max_tokens=request.max_tokens or None,
        seed=request.seed or None,
        stop=tuple(request.stop),
        logprobs=request.logprobs,
        top_logprobs=request.top_logprobs,
        frequency_penalty=shortest(request.frequency_penalty) or None,
        presence_penalty=shortest(request.presence_penalty) or None,
        response_format=_FORMATS[form],
    )


def _said(message: compat.CompatMessage, files: dict[str, bytes]) -> Said:
    sender = _SENDERS.get(message.role)
    if sender is None:
        known = ", ".join(_SENDERS)
        raise InvalidOperationError(f"the role {message.role!r} is not known; there are: {known}")
    texts: list[str] = []
    urls: list[str] = []
    for part in message.content:
        if part.HasField("image_url"):
            urls.append(part.image_url.url)
        elif part.type in _TEXTS:
            texts.append(part.text)
        else:
            raise InvalidOperationError(
                f"a content is of type {part.type!r}; it must be text, text_file or image_url"
            )
    text = "\n".join(texts) if message.content else message.content_legacy
    images = images_in(urls)
    files.update(images.files)
    return Said(sender=sender, message=text, attachments=images.attachments)
