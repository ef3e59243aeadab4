"""How long a prompt is, without asking its model.

No tokenizer is asked: the models of other machines have none here. What is certain of all of them
is that a token is at least one byte, so that is the bound which is reserved; what a text usually
takes is a quarter of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grok_tree.forest import Attachment, Response, Settings
from grok_tree.samplers import RawPrompt, Turn

BYTES_PER_TOKEN = 4
"""Of usual text, about."""
TOKENS_PER_TURN = 16
"""Around each turn there are marks of who speaks, by the model's template."""
TOKENS_PER_IMAGE = 4096
"""More than the largest that the known providers count for one."""


@dataclass(frozen=True)
class PromptSize:
    """How long a prompt is.

    Attributes:
        n_bytes: Of all of its text, in UTF-8.
        n_turns: Pieces of text that have marks around them.
        n_images: Images that are shown.
    """

    n_bytes: int = 0
    n_turns: int = 0
    n_images: int = 0

    @property
    def most_tokens(self) -> int:
        """What no tokenizer can pass."""
        return self.n_bytes + self._beside_text

    @property
    def about_tokens(self) -> int:
        """What a tokenizer usually makes of it."""
        return -(-self.n_bytes // BYTES_PER_TOKEN) + self._beside_text

    @property
    def _beside_text(self) -> int:
        return self.n_turns * TOKENS_PER_TURN + self.n_images * TOKENS_PER_IMAGE


def size_of_prompt(
    turns: Iterable[Response | Turn], *others: str, settings: Settings | None = None
) -> PromptSize:
    """Return how long a prompt is.

    Args:
        turns: The path.
        others: Further texts: the system prompt, the message that is not stored yet.
        settings: Whose tools and schema the model is shown.
    """
    n_bytes, n_turns, n_images = 0, 0, 0
    for turn in turns:
        n_turns += 1 + len(turn.tool_calls)
        n_images += sum(one.is_image for one in turn.attachments)
        n_bytes += _bytes_of(turn)
    texts = [one for one in others if one]
    if settings is not None:
        texts += _texts_of(settings)
    n_bytes += sum(len(text.encode()) for text in texts)
    return PromptSize(n_bytes, n_turns + len(texts), n_images)


def size_of_raw(prompt: RawPrompt) -> PromptSize:
    """Return how long a prompt without a conversation is."""
    parts = (one.encode() if isinstance(one, str) else one for one in prompt.inputs)
    return PromptSize(sum(map(len, parts)), n_turns=1)


def tokens_in(pieces: Sequence[str]) -> int:
    """Return about how many tokens some pieces of an answer are, at least one each."""
    n_bytes = sum(len(piece.encode()) for piece in pieces)
    return max(len(pieces), -(-n_bytes // BYTES_PER_TOKEN))


def _bytes_of(turn: Response | Turn) -> int:
    texts = [turn.message, turn.reasoning, turn.encrypted_reasoning]
    for call in turn.tool_calls:
        texts += [call.name, call.arguments]
    files = sum(_file_bytes(one) for one in turn.attachments)
    return sum(len(text.encode()) for text in texts) + files


def _file_bytes(attachment: Attachment) -> int:
    return 0 if attachment.is_image else attachment.n_bytes


def _texts_of(settings: Settings) -> list[str]:
    tools = [f"{one.name}{one.description}{one.parameters}" for one in settings.tools]
    return [*tools, settings.response_format] if settings.response_format else tools
