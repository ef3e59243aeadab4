"""What the answers of one sampling cost, when each has ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from grok_tree.forest import Usage
from grok_tree.service._prices import PROVENANCE, PriceBook
from grok_tree.service._prompt_size import PromptSize
from grok_tree.service._spending import amount_of
from grok_tree.store import Finish, Writer


class Bill:
    """Puts on each answer of a sampling what it cost."""

    def __init__(
        self,
        book: PriceBook,
        model_name: str,
        prompt_size: Callable[[], Awaitable[PromptSize]],
        *,
        reserved: bool = False,
    ) -> None:
        """Begin a bill.

        Args:
            book: Where prices are.
            model_name: Of the model that is sampled.
            prompt_size: Finds out how long the prompt is; asked when no one else says it.
            reserved: Whether a reservation waits to be settled.
        """
        self._book = book
        self._model_name = model_name
        self._prompt_size = prompt_size
        self._reserved = reserved

    async def on(self, finish: Finish) -> Finish:
        """Return how an answer ends, with what it used and cost."""
        usage = finish.usage
        if usage.estimated and not usage.prompt_tokens:
            # Its model was cut before it could say how long the prompt was.
            n_tokens = (await self._prompt_size()).about_tokens
            usage = msgspec.structs.replace(usage, prompt_tokens=n_tokens)
            finish = msgspec.structs.replace(finish, usage=usage)
        priced = await self._book.priced(self._model_name, finish.usage)
        if not priced.source:
            return finish
        provenance = {**finish.provenance, PROVENANCE: priced.source}
        return msgspec.structs.replace(finish, usage=priced.usage, provenance=provenance)

    def book(self, writer: Writer, response_id: str, usage: Usage) -> None:
        """Settle what was reserved for an answer, inside the transaction that stores its end."""
        if self._reserved:
            writer.settle(response_id, amount_of(usage))
