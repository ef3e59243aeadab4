"""The two servers that are compared, each in a process of its own."""

from __future__ import annotations

import json
import os
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
def http_server(folder: Path, upstream: str) -> Iterator[str]:
    """Run `grok-tree serve` with an endpoint named ``bench``, and give the URL of its API."""
    config = folder / "config.toml"
    # As many at once as ask, because a server of one's own has no limit to find.
    config.write_text(
        f'[endpoints.bench]\nbase_url = "{upstream}"\nmodels = ["made-up"]\n'
        "calls_at_first = 256\ncalls_at_most = 1024\n"
    )
    command = [GROK_TREE, "serve", "--port", "0", "--http-port", "0"]
    command += ["--json", "--database", str(folder / "bench.db"), "--model", "bench/made-up"]
    with _process(command, GROK_TREE_CONFIG=str(config)) as first_line:
        yield f"{json.loads(first_line)['http']}/v1"


@contextmanager
def provider(first_ms: int, token_ms: int, n_tokens: int) -> Iterator[str]:
    """Run a provider that streams tokens on a schedule, and give the URL of its API."""
    schedule = [str(first_ms), str(token_ms), str(n_tokens)]
    with _process([sys.executable, "-m", "benchmarks._http_provider", *schedule]) as first_line:
        yield f"http://127.0.0.1:{first_line.strip()}/v1"


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
def _process(command: list[str], **variables: str) -> Iterator[str]:
    environment = {**os.environ, **variables}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
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
