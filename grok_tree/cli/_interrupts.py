"""Ctrl-C that is not lost where Python cannot raise it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SOON_S = 0.05


@contextmanager
def interrupts_are_kept() -> Iterator[None]:
    """Raise an interrupt again that came while Python was where nothing can be raised.

    Such places are callbacks of weak references, as every import has them. Python then writes
    "Exception ignored" with a trace, and goes on as if nobody had pressed Ctrl-C.
    """
    before = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            before(unraisable)
            return
        # Raised here and now it would be lost once more.
        main = threading.main_thread().ident
        again = threading.Timer(_SOON_S, signal.pthread_kill, [main, signal.SIGINT])
        again.daemon = True
        again.start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
