"""What a cache stands on: a conversation as the mirror had it, read when it is looked at.

Only the shape is in memory, four bytes a response. The mirror goes on changing while snapshots
stay what they were: before rows change, `Base.keep` is told, and takes over the old ones.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grok_tree.errors import StaleSnapshot, StoreError
from grok_tree.forest import Response, ResponseId

if TYPE_CHECKING:
    from array import array

    from grok_tree.store import Lookup, Shape

_MOST_SEEN = 4096
"""How many responses stay decoded because somebody has looked at them."""


class Base:
    """All responses of one conversation at one revision, by position; from any thread."""

    def __init__(self, shape: Shape, lookup: Lookup) -> None:
        """Stand on a mirror.

        Args:
            shape: How the responses hang together.
            lookup: Where they are read.
        """
        self.revision = shape.revision
        self.parents: array[int] = shape.parents
        self.hidden: array[int] = shape.hidden
        self.problem: StoreError | None = None
        self._key = shape.key
        self._lookup = lookup
        self._turn = threading.RLock()
        self._kept: dict[int, Response] = {}
        self._seen: dict[int, Response] = {}
        self._positions: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.parents)

    def position(self, response_id: str) -> int | None:
        """Return where a response stands, None if it is not here."""
        with self._turn:
            if self._positions is not None:
                return self._positions.get(response_id)
        with self._mirror_errors():
            position = self._lookup.position(self._key, response_id)
        return position if position is not None and position < len(self) else None

    def ids(self, positions: Sequence[int]) -> list[ResponseId]:
        """Return ids, in the order asked for."""
        with self._turn, self._mirror_errors():
            if self._positions is not None:
                return [self._kept[position].response_id for position in positions]
            found = self._lookup.ids(self._key, positions)
        self._check_complete(positions, found)
        return [found[position] for position in positions]

    def responses(self, positions: Sequence[int]) -> list[Response]:
        """Return responses, in the order asked for.

        Raises:
            StaleSnapshot: The client was closed, and another program has changed the mirror since.
        """
        found = {}
        with self._turn:
            missing = []
            for position in positions:
                one = self._kept.get(position) or self._seen.get(position)
                if one is None:
                    missing.append(position)
                else:
                    found[position] = one
            if missing:
                found |= self._read(positions if len(missing) == len(positions) else missing)
        self._check_complete(positions, found)
        return [found[position] for position in positions]

    def keep(self, positions: Iterable[int]) -> None:
        """Take over the responses at some positions, because the mirror is about to change them."""
        with self._turn:
            wanted = [p for p in positions if p < len(self) and p not in self._kept]
            self._kept.update(self._read(wanted))

    def keep_all(self) -> None:
        """Take over everything, because the mirror is about to lose it."""
        with self._turn:
            self.keep(range(len(self)))
            self._positions = {one.response_id: p for p, one in self._kept.items()}

    def _read(self, positions: Sequence[int]) -> dict[int, Response]:
        with self._mirror_errors():
            rows = self._lookup.responses(self._key, positions)
        # A newer row was changed by somebody who did not tell us; it is not of this snapshot.
        found = {one.position: one for one in rows if one.revision <= self.revision}
        if len(self._seen) + len(found) > _MOST_SEEN:
            self._seen.clear()
        self._seen.update(found)
        return found

    @contextmanager
    def _mirror_errors(self) -> Iterator[None]:
        try:
            yield
        except StoreError as problem:
            self.problem = problem
            raise StaleSnapshot(
                f"the mirror cannot be read, load() the conversation again: {problem.message}"
            ) from problem

    def _check_complete(self, positions: Sequence[int], found: Collection[int]) -> None:
        if any(position not in found for position in positions):
            raise StaleSnapshot(
                "this snapshot can no longer be read, because another program has changed the"
                " mirror since this one closed it; load the conversation again"
            )
