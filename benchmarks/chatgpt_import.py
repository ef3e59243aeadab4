"""What an import of a large ChatGPT export costs, beside parsing the same file with json.load."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks._chatgpt_export import write_export
from benchmarks._measure import Row, alternate, compared

Figures = dict[str, float]


def rows(*, quick: bool, n_bytes: int = 200_000_000) -> list[Row]:
    """Measure whole processes; rates are in megabytes for a second of CPU, of all threads."""
    size, rounds = (5_000_000, 1) if quick else (n_bytes, 3)
    told: dict[str, list[Figures]] = {"json.load": [], "read": [], "store": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conversations.json"
        write_export(path, size)
        n_megabytes = path.stat().st_size / 1e6

        def rate(case: str) -> Callable[[], float]:
            def measure() -> float:
                told[case].append(_measured(case, path))
                return n_megabytes / told[case][-1]["cpu_s"]

            return measure

        rates = alternate({case: rate(case) for case in told}, rounds)
    found = []
    for case, what, goal in (
        ("read", "read an export", "-"),
        ("store", "import an export into the store", ">= 1.2x"),
    ):
        pair = {"ours": rates[case], "json.load": rates["json.load"]}
        what = f"{what} of {n_megabytes:,.0f} MB"
        found.append(compared(what, pair, unit="MB/CPU s", goal=goal, beside="json.load"))
    for name, what, unit, goal in (
        ("peak_mib", "the same import, memory above the start", "MiB", "<= 96 MiB"),
        ("first_s", "the same import, until a conversation can be seen", "s", "-"),
    ):
        ours, reference = ([one[name] for one in told[case]] for case in ("store", "json.load"))
        figures = {"ours": ours, "json.load": reference}
        found.append(compared(what, figures, unit=unit, goal=goal, beside="json.load"))
    return found


def _measured(case: str, path: Path) -> Figures:
    command = [sys.executable, "-m", "benchmarks._importing", case, str(path)]
    done = subprocess.run(command, check=True, capture_output=True)
    figures: Figures = json.loads(done.stdout)
    return figures
