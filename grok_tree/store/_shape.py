"""The shape of a forest, out of indexes alone."""

from __future__ import annotations

from array import array
from operator import itemgetter

from sqlalchemy import Connection

_PARENTS = "SELECT parent_position FROM response WHERE conversation_key = ? ORDER BY position"
_HIDDEN = (
    "SELECT position FROM response WHERE conversation_key = ? AND hidden_at <> 0 ORDER BY position"
)


def shape(connection: Connection, key: int) -> tuple[array[int], array[int]]:
    """Return the parent's position of each response in order, and which are hidden."""
    driver = connection.connection.driver_connection
    assert driver is not None
    # By the driver itself: a row object a response would cost several times the reading.
    parents = array("i", map(itemgetter(0), driver.execute(_PARENTS, (key,))))
    hidden = array("i", map(itemgetter(0), driver.execute(_HIDDEN, (key,))))
    return parents, hidden
