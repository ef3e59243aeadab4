"""What a large conversation costs over the wire, beside one message with the limit raised."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks._many import fill
from benchmarks._measure import Row, alternate, compared
from benchmarks._servers import grok_tree_server, one_message_server
from grok_tree.store import Store

_BESIDE = "one message"


def rows(*, quick: bool) -> list[Row]:
    """Measure time, first page and memory, each reading in a fresh process."""
    n_responses, rounds = (5_000, 1) if quick else (100_000, 3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store.open(folder / "bench.db")
        conversation = fill(store, n_responses)
        store.close()
        shutil.copy(folder / "bench.db", folder / "other.db")
        with grok_tree_server(folder) as ours, one_message_server(folder / "other.db") as other:
            taken: dict[str, list[dict[str, float]]] = {}

            def case(kind: str, address: str) -> Callable[[], float]:
                def run() -> float:
                    found = _read(folder, kind, address, conversation)
                    taken.setdefault(kind, []).append(found)
                    return found["seconds"]

                return run

            cases = {"ours": case("ours", ours), _BESIDE: case(_BESIDE, other)}
            cases["mirrored"] = case("mirrored", ours)
            times = alternate(cases, rounds)
    peaks = {kind: [one["peak_mb"] for one in found] for kind, found in taken.items()}
    what = f"{n_responses:,} responses over the wire"
    first = statistics.median(one["first_page_ms"] for one in taken["ours"])
    return [
        compared(what, times, unit="s", goal="<= 0.75x", beside=_BESIDE),
        compared(f"{what}, memory", peaks, unit="MB", goal="<= 0.7x", beside=_BESIDE),
        compared(f"{what} into a mirror", _as_ours(times), unit="s", goal="", beside=_BESIDE),
        compared(
            f"{what} into a mirror, memory", _as_ours(peaks), unit="MB", goal="", beside=_BESIDE
        ),
        Row("first page of them", first, None, None, "ms", "<= 20 ms", ""),
    ]


def _as_ours(figures: dict[str, list[float]]) -> dict[str, list[float]]:
    return {"ours": figures["mirrored"], _BESIDE: figures[_BESIDE]}


def _read(folder: Path, kind: str, address: str, conversation: str) -> dict[str, float]:
    cache = tempfile.mkdtemp(dir=folder)
    command = [sys.executable, "-m", "benchmarks._wire_client", kind, address, conversation]
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "GROK_TREE_CACHE": cache},
    )
    shutil.rmtree(cache)
    found: dict[str, float] = json.loads(done.stdout)
    return found
