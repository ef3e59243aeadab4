"""An interrupt may come at any moment, also while the thread of a client begins or ends."""

from __future__ import annotations

import subprocess
import sys

INTERRUPTED = """
import signal
from grok_tree.client._portal import Portal

async def nothing():
    return 1

def interrupt(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
interrupted = 0
for delay in range(1, 80):
    portal = Portal(nothing)
    try:
        signal.setitimer(signal.ITIMER_REAL, delay * 50e-6)
        portal.run(nothing)
        portal.close()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except (KeyboardInterrupt, RuntimeError):
        interrupted += 1  # a condition of Python's own, interrupted while it lets go of its lock
    portal.close()
print(interrupted)
"""


def test_an_interrupt_at_any_moment_leaves_nothing_that_is_waited_for() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=50, check=True
    )
    assert int(done.stdout) > 10
