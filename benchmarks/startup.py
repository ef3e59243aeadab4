"""How long it takes until the library is imported and until the command answers."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks._measure import Row, alternate, compared
from benchmarks._servers import GROK_TREE


def rows(*, quick: bool) -> list[Row]:
    """Measure whole processes."""
    figures = alternate(
        {
            "import": lambda: _process_ms(sys.executable, "-c", "import grok_tree"),
            "help": lambda: _process_ms(GROK_TREE, "--help"),
            "python -c pass": lambda: _process_ms(sys.executable, "-c", "pass"),
        },
        2 if quick else 10,
    )
    found = []
    for name, what, goal in (
        ("import", "import grok_tree", "<= 200 ms"),
        ("help", "grok-tree --help", "<= 150 ms more"),
    ):
        pair = {"ours": figures[name], "python -c pass": figures["python -c pass"]}
        found.append(compared(what, pair, unit="ms", goal=goal, beside="python -c pass"))
    return found


def _process_ms(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1e3 * (time.perf_counter() - begun)
