"""Running a program in the place of this one: its streams, its signals, its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

NOT_FOUND = 127
NOT_EXECUTABLE = 126
"""As shells have it."""

_SIGNALLED = 128
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def run_program(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program to its end, and return its exit code as a shell would.

    It has the streams of this process. Signals go on to it, and this process waits for it.

    Raises:
        OSError: It cannot be run.
    """
    with _passing_signals_on() as started, subprocess.Popen(command, env=environment) as process:
        started.append(process)
        code = process.wait()
    return code if code >= 0 else _SIGNALLED - code


@contextmanager
def _passing_signals_on() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Pass signals on to what is in the list; those that are ignored, as by nohup, stay so."""
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        # What is typed at a terminal has reached the program already.
        typed = number in (signal.SIGINT, signal.SIGQUIT) and _is_at_terminal()
        for process in [] if typed else started:
            process.send_signal(number)

    heard = [number for number in _PASSED_ON if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in heard}
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_at_terminal() -> bool:
    """Return whether a terminal gives its signals to this process and those it has started."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
