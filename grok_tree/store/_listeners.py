"""Telling those who wait for changes which conversations a commit has touched."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from grok_tree.forest import ConversationId, id_text

Listener = Callable[[Mapping[ConversationId, int]], None]
"""Takes the ids of conversations and the newest revision of each; must not block."""

_log = logging.getLogger(__name__)


class Listeners:
    """Who is told after each commit; what they are told is a reason to look, not the change.

    Where several servers share a database, whatever learns of the others' commits calls `tell` too.
    """

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def add(self, listener: Listener) -> Callable[[], None]:
        """Call a listener from now on, in any thread; return what stops that."""
        with self._changing:
            self._listeners = (*self._listeners, listener)
        return lambda: self._remove(listener)

    def tell(self, touched: Mapping[bytes, int]) -> None:
        """Tell everybody, unless there is nothing to tell.

        Args:
            touched: Revision by the bytes of a conversation's id.
        """
        if not (touched and self._listeners):
            return
        news = {ConversationId(id_text(raw)): revision for raw, revision in touched.items()}
        for listener in self._listeners:
            try:
                listener(news)
            except Exception:
                _log.exception("a listener for changes failed")

    def _remove(self, listener: Listener) -> None:
        with self._changing:
            self._listeners = tuple(one for one in self._listeners if one is not listener)
