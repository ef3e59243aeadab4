"""A clock that stands and ids that count, for tests whose outcome must not vary."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from grok_tree.forest import uuid7_text
from grok_tree.testing._builders import EPOCH


class FrozenClock:
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime = EPOCH) -> None:
        self._at = at
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        """Return the time it stands at."""
        return self._at

    def monotonic(self) -> float:
        """Return the seconds it was advanced by."""
        return self._elapsed_s

    def advance(self, seconds: float) -> None:
        """Move on by some seconds, 0 or more."""
        self._at += timedelta(seconds=seconds)
        self._elapsed_s += seconds


class CountingIds:
    """Ids that count up from one, the same in every run; safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_given = 0

    def new_id(self) -> str:
        """Return the next UUIDv7; its last digits are the count."""
        return uuid7_text(int(EPOCH.timestamp() * 1_000), self._next())

    def new_secret(self) -> str:
        """Return the next secret, which is none."""
        return f"secret-{self._next()}"

    def _next(self) -> int:
        with self._lock:
            self._n_given += 1
            return self._n_given
