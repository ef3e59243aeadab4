"""What the use cases need from the world, so that tests can give it: time, ids, secrets."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime
from typing import Protocol

from grok_tree.forest import uuid7_text


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware and in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow, for durations."""


class Ids(Protocol):
    """Where ids come from. Implementations may be called from several threads."""

    def new_id(self) -> str:
        """Return a UUIDv7 that sorts after every id given before."""

    def new_secret(self) -> str:
        """Return at least 128 random bits as text that is safe in a URL."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time_ns() / 1e9, UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class SystemIds:
    """Time-ordered ids from the machine's clock and its random source."""

    _RANDOM_BITS = 73  # one below the field, so that counting up within a millisecond fits

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = 0
        self._last_bits = 0

    def new_id(self) -> str:
        with self._lock:
            # A clock that is set back must not make ids that sort before older ones.
            now_ms = max(time.time_ns() // 1_000_000, self._last_ms)
            if now_ms == self._last_ms:
                self._last_bits += 1 + secrets.randbits(32)
            else:
                self._last_ms, self._last_bits = now_ms, secrets.randbits(self._RANDOM_BITS)
            return uuid7_text(self._last_ms, self._last_bits)

    def new_secret(self) -> str:
        return secrets.token_urlsafe(24)
