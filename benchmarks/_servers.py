"""The two servers that are compared, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GROK_TREE = str(Path(sys.executable).with_name("grok-tree"))
"""The command of this environment."""


@contextmanager
def grok_tree_server(folder: Path) -> Iterator[str]:
    """Run `grok-tree serve` and give its address."""
    command = [GROK_TREE, "serve", "--port", "0", "--http-port", "0"]
    command += ["--json", "--database", str(folder / "bench.db"), "--model", "scripted/echo"]
    with _process(command) as first_line:
        yield json.loads(first_line)["grpc"]


@contextmanager
def raw_server() -> Iterator[str]:
    """Run a bare grpc.aio server that streams tokens, one a message, and give its address."""
    with _process([sys.executable, "-m", "benchmarks._raw_server"]) as first_line:
        yield first_line.strip()


@contextmanager
def one_message_server(database: Path) -> Iterator[str]:
    """Run a server that sends a conversation in one message, and give its address."""
    command = [sys.executable, "-m", "benchmarks._one_message", str(database)]
    with _process(command) as first_line:
        yield first_line.strip()


@contextmanager
def _process(command: list[str]) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        first_line = process.stdout.readline()
        if not first_line:
            sys.exit(f"{' '.join(command)} ended with code {process.wait()}")
        yield first_line
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()
