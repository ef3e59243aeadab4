"""Stop texts of a provider that says them before it stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from grok_tree.forest import Token


class StopTexts:
    """Lets tokens pass up to the first stop text, which is not part of the answer.

    Tokens that may be the beginning of a stop text are held back until more is known.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        """Begin an answer.

        Args:
            stops: What ends it; none lets everything pass.
        """
        self._stops = tuple(stop for stop in stops if stop)
        self._held: list[Token] = []
        self.found = False

    def passed(self, token: Token) -> Iterator[Token]:
        """Yield what is surely part of the answer, now that this token came."""
        if self.found:
            return
        if not self._stops:
            yield token
            return
        self._held.append(token)
        text = "".join(held.text for held in self._held)
        end = self._end(text)
        if end is not None:
            self.found = True
            yield from self._released(end)
        else:
            yield from self._released(len(text) - self._n_doubtful(text))

    def rest(self) -> Iterator[Token]:
        """Yield what was held back, now that the answer has ended."""
        if not self.found:
            yield from self._held
        self._held = []

    def _end(self, text: str) -> int | None:
        return min((place for stop in self._stops if (place := text.find(stop)) >= 0), default=None)

    def _n_doubtful(self, text: str) -> int:
        """Return how many characters at the end may begin a stop text."""
        longest = max(len(stop) for stop in self._stops) - 1
        return next(
            (
                n
                for n in range(min(longest, len(text)), 0, -1)
                if any(stop.startswith(text[-n:]) for stop in self._stops)
            ),
            0,
        )

    def _released(self, n_characters: int) -> Iterator[Token]:
        """Yield whole tokens up to a place; the one it cuts stays, unless the answer ends there."""
        while self._held and len(self._held[0].text) <= n_characters:
            token = self._held.pop(0)
            n_characters -= len(token.text)
            yield token
        if self.found:
            cut = self._held[0].text[:n_characters] if self._held else ""
            if cut:
                # What is left of a token has no probability that anybody knows.
                yield msgspec.structs.replace(self._held[0], text=cut, logprob=None)
            self._held = []
