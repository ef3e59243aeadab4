"""A real ``grok-tree serve`` in a process of its own, to be stopped, killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

STOP_TIMEOUT_S = 20.0
"""How long a server may take to drain before a test gives up on it."""


_COMMAND = "from grok_tree.cli import main; main()"


@dataclass
class ServerProcess:
    """A running server process.

    Attributes:
        pid: Of the process.
        host: ``host:port`` of the gRPC door, for a client's ``api_host``.
        http_url: Address of the HTTP door.
    """

    pid: int
    host: str
    http_url: str
    _process: subprocess.Popen[str] = field(repr=False)
    _errors: IO[str] = field(repr=False)

    def terminate(self) -> int:
        """Ask it to stop (SIGTERM), wait until it has, and return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> int:
        """Kill it at once (SIGKILL) and return its exit code, which is negative."""
        self._process.kill()
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended and return its exit code.

        Raises:
            subprocess.TimeoutExpired: It had not ended after 20 seconds.
        """
        return self._process.wait(STOP_TIMEOUT_S)

    @property
    def stderr(self) -> str:
        """What it has written to its standard error so far."""
        self._errors.seek(0)
        return self._errors.read()


@contextmanager
def server_process(
    database: Path | str,
    *,
    model: str = "scripted/echo",
    port: int = 0,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[ServerProcess]:
    """Run ``grok-tree serve`` until the block is left; then it is stopped, if it still runs.

    Args:
        database: The database file.
        model: The default model.
        port: Of the gRPC door; 0 lets the system choose.
        options: More options of the command.
        environment: Variables beside those of this process.

    Raises:
        RuntimeError: It ended before it was ready; the message holds what it said.
    """
    command = [sys.executable, "-c", _COMMAND, "serve", "--json", "--database", str(database)]
    command += ["--port", str(port), "--http-port", "0", "--model", model, *options]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **(environment or {})},
        ) as process,
    ):
        try:
            yield _ready(process, errors)
        finally:
            _stop(process)


def _ready(process: subprocess.Popen[str], errors: IO[str]) -> ServerProcess:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        errors.seek(0)
        raise RuntimeError(f"the server ended with {process.returncode}: {errors.read()}")
    ready = json.loads(line)
    return ServerProcess(ready["pid"], ready["grpc"], ready["http"], process, errors)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
