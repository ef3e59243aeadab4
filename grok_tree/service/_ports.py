"""What the use cases need from the world, so that tests can give it: time, ids, secrets."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from grok_tree.forest import uuid7_text
from grok_tree.store import Writer


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


class Submit(Protocol):
    """Has work done in a transaction."""

    def __call__(self, work: Callable[[Writer], Any], *, durable: bool = True) -> Awaitable[Any]:
        """Do the work and return its result once it is committed."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time_ns() / 1e9, UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class _RandomBytes:
    """The machine's random source, asked for many bytes at once: each question costs the same."""

    _AT_ONCE = 4096

    def __init__(self) -> None:
        self._bytes = b""
        self._taken = 0
        self._process = 0

    def take(self, n_bytes: int) -> int:
        """Return some fresh bytes as a number."""
        # A forked process must not give out the bytes that its parent gives out too.
        if self._taken + n_bytes > len(self._bytes) or self._process != os.getpid():
            self._bytes, self._taken = os.urandom(self._AT_ONCE), 0
            self._process = os.getpid()
        begin = self._taken
        self._taken += n_bytes
        return int.from_bytes(self._bytes[begin : self._taken], "big")


class SystemIds:
    """Time-ordered ids from the machine's clock and its random source.

    Ids of one millisecond count up in the 12 bits after the time (RFC 9562, section 6.2, method 1),
    so they sort by age and differ early, which keeps their shortest unambiguous beginning short.
    """

    _COUNTER_BITS, _RANDOM_BITS = 12, 62

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._random = _RandomBytes()
        self._last_ms = 0
        self._counter = 0

    def new_id(self) -> str:
        with self._lock:
            # A clock that is set back must not make ids that sort before older ones.
            now_ms = max(time.time_ns() // 1_000_000, self._last_ms)
            self._counter = self._counter + 1 if now_ms == self._last_ms else self._fresh_counter()
            if self._counter >> self._COUNTER_BITS:
                now_ms, self._counter = now_ms + 1, self._fresh_counter()
            self._last_ms = now_ms
            random_bits = self._random.take(8) >> 64 - self._RANDOM_BITS
            return uuid7_text(now_ms, self._counter << self._RANDOM_BITS | random_bits)

    def _fresh_counter(self) -> int:
        return secrets.randbits(self._COUNTER_BITS - 1)  # half of the range is left to count

    def new_secret(self) -> str:
        return secrets.token_urlsafe(24)
