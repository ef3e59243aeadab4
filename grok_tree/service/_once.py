"""A request that is repeated with the same id has one effect and the same result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.store import Remembered, Writer

T = TypeVar("T")


@dataclass(frozen=True)
class Once(Generic[T]):
    """Work that is done at most once for a request id.

    Attributes:
        request_id: Chosen by the caller; a repeat within 24 hours returns the first result.
        method: What was asked for.
        body: All arguments; a repeat must bring the same.
        result_type: What `work` returns, for reading it back.
        work: Does it, inside one transaction.
        now: When it was asked for.
    """

    request_id: str
    method: str
    body: Any
    result_type: Any
    work: Callable[[Writer], T]
    now: datetime

    def __call__(self, writer: Writer) -> T:
        """Return the first result, made now unless it was made before."""
        remembered = writer.recall(self.request_id)
        if remembered is not None:
            return self._first_result(remembered)
        result = self.work(writer)
        writer.remember(
            self.request_id,
            method=self.method,
            fingerprint=self._fingerprint(),
            result=msgspec.msgpack.encode(result),
            now=self.now,
        )
        return result

    def _first_result(self, remembered: Remembered) -> T:
        if (remembered.method, remembered.fingerprint) != (self.method, self._fingerprint()):
            message = (
                f"request id {self.request_id} was used before for another {remembered.method};"
                " use a new id for a new request"
            )
            raise InvalidOperationError(message, request_id=self.request_id)
        first: T = msgspec.msgpack.decode(remembered.result, type=self.result_type)
        return first

    def _fingerprint(self) -> bytes:
        encoded = msgspec.msgpack.encode((self.method, self.body), order="deterministic")
        return hashlib.blake2b(encoded, digest_size=16).digest()


def require_request_id(request_id: str) -> None:
    """Refuse a mutation that could not be told from its repeat.

    Raises:
        InvalidOperationError: The id is empty or longer than 200 characters.
    """
    if not 1 <= len(request_id) <= 200:
        raise InvalidOperationError(
            "a call that changes something needs a request_id of 1 to 200 characters;"
            " a UUID is a good one"
        )
