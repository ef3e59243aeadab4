"""Stop strings as the original has them: they, and the rest of their token, are in the answer."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Watches a growing text for the first of some texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Begin with no text.

        Args:
            texts: What ends it; empty ones are ignored.
        """
        self._texts = [text for text in texts if text]
        self._n_before = max(map(len, self._texts), default=1) - 1
        self._tail = ""

    def ended_by(self, piece: str) -> bool:
        """Return whether the text ends with this piece of it."""
        text = self._tail + piece
        self._tail = text[len(text) - self._n_before :] if self._n_before < len(text) else text
        return any(one in text for one in self._texts)
