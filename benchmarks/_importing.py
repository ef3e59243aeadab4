"""Handles one export in a process of its own: python -m benchmarks._importing CASE PATH.

Prints what that took as JSON: CPU seconds, seconds until the first conversation could be seen, and
how far memory rose above the start, in MiB.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grok_tree import Client
from grok_tree.formats import known_formats, read


def _parsed(path: Path) -> float:
    with path.open("rb") as file:
        json.load(file)
    return time.perf_counter()


def _read(path: Path) -> float:
    documents = read(path)
    assert next(documents).responses
    first = time.perf_counter()
    for _ in documents:
        pass
    return first


def _stored(path: Path) -> float:
    firsts: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        with Client(database=Path(folder) / "bench.db", model="scripted/echo") as client:
            client.grok.list_conversations()
            _begin()
            report = client.grok.import_file(
                path, on_progress=lambda _: firsts.append(time.perf_counter())
            )
        assert len(firsts) == len(report.conversations) > 0
    return firsts[0]


CASES: dict[str, Callable[[Path], float]] = {
    "json.load": _parsed,
    "read": _read,
    "store": _stored,
}
_begun: dict[str, float] = {}


def _begin() -> None:
    """Count from here on: what came before is not the work."""
    _begun["cpu"] = time.process_time()
    _begun["memory"] = _peak_mib()
    _begun["time"] = time.perf_counter()


def _peak_mib() -> float:
    # Not getrusage, whose peak is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    known_formats()
    _begin()
    first = CASES[sys.argv[1]](Path(sys.argv[2]))
    figures = {
        "cpu_s": time.process_time() - _begun["cpu"],
        "first_s": first - _begun["time"],
        "peak_mib": _peak_mib() - _begun["memory"],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
