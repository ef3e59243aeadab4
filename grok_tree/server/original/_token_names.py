"""Tokens by text and number, between the original's words and a model's vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from grok_tree.errors import InvalidOperationError, SamplerRefused
from grok_tree.samplers import TextToken
from grok_tree.service import Forests
from grok_tree.wire.original import sampler

MARKED_SPACE = "\u2581"
"""How the original's vocabulary wrote the space before a word."""

UNKNOWN = 0
"""The number of a token where the model does not tell it."""

TokenName = str | int


class Vocabulary:
    """What one model says of its tokens, asked once for each text.

    The original's client adds to every text of a token its twin with a mark for a space before it,
    whether there is such a token or not. So a twin counts where it is known to be one token.
    """

    def __init__(self, forests: Forests, model_name: str) -> None:
        """Ask nothing yet.

        Args:
            forests: Who asks the model.
            model_name: Empty for the server's default.
        """
        self._forests = forests
        self._model_name = model_name
        self._known: dict[str, int | None] = {}

    async def tokens(self, text: str) -> list[TextToken]:
        """Return the tokens of a text.

        Raises:
            SamplerRefused: The model does not tell them.
        """
        return list(await self._forests.tokenize(self._model_name, text))

    async def number(self, text: str) -> int:
        """Return the number of a token, `UNKNOWN` where that is not known."""
        return await self._one(text) or UNKNOWN

    async def without_twins(self, names: Iterable[TokenName]) -> tuple[TokenName, ...]:
        """Return names of tokens as this model knows them, without twins of which it has none."""
        given = list(dict.fromkeys(names))
        kept: list[TokenName] = []
        for name in given:
            if not isinstance(name, str) or not name.startswith(MARKED_SPACE):
                kept.append(name)
                continue
            spaced = " " + name[len(MARKED_SPACE) :]
            is_twin = name[len(MARKED_SPACE) :] in given
            if not is_twin or await self._one(spaced) is not None:
                kept.append(spaced)
        return tuple(dict.fromkeys(kept))

    async def _one(self, text: str) -> int | None:
        """Return the number of a text that is exactly one token."""
        if text not in self._known:
            self._known[text] = None
            with suppress(SamplerRefused):
                found = await self.tokens(text)
                self._known[text] = found[0].number if len(found) == 1 else None
        return self._known[text]


def token_name(message: sampler.TokenName) -> TokenName:
    """Return a token by its text or its number.

    Raises:
        InvalidOperationError: It has neither.
    """
    match message.WhichOneof("token"):
        case "string_token":
            return message.string_token
        case "token_id":
            return message.token_id
        case _:
            raise InvalidOperationError("a token has neither a text nor a number; give one")
