"""What the answers of one sampling cost, when each has ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from grok_tree.service._prices import PriceBook
from grok_tree.service._prompt_size import PromptSize
from grok_tree.store import Finish


class Bill:
    """Puts on each answer of a sampling what it cost."""

    def __init__(
        self, book: PriceBook, model_name: str, prompt_size: Callable[[], Awaitable[PromptSize]]
    ) -> None:
        """Begin a bill.

        Args:
            book: Where prices are.
            model_name: Of the model that is sampled.
            prompt_size: Finds out how long the prompt is; asked when no one else says it.
        """
        self._book = book
        self._model_name = model_name
        self._prompt_size = prompt_size

    async def on(self, finish: Finish) -> Finish:
        """Return how an answer ends, with what it used and cost."""
        usage = finish.usage
        if usage.estimated and not usage.prompt_tokens:
            # Its model was cut before it could say how long the prompt was.
            n_tokens = (await self._prompt_size()).about_tokens
            usage = msgspec.structs.replace(usage, prompt_tokens=n_tokens)
            finish = msgspec.structs.replace(finish, usage=usage)
        return await self._book.priced(self._model_name, finish)
