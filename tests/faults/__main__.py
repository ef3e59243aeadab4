"""Try to break every promise, and print what was found: ``python -m tests.faults [--long]``."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.faults._figures import Figures
from tests.faults._numbers import Numbers, Run

HERE = Path(__file__).parent
SLOWEST_TEST_S: dict[Run, int] = {"faults": 300, "long": 7_200}


def main() -> int:
    """Run the fault tests, print the table, return the exit code."""
    options = _options()
    run: Run = "long" if options.long else "faults"
    figures = Figures(Numbers(run), options.seed)
    print(f"seed {figures.seed}", flush=True)
    arguments = ["-m", "", "-p", "no:randomly", "--timeout", str(SLOWEST_TEST_S[run])]
    arguments += ["-q", *options.tests]
    # Rates and delays are those of a disk, not of memory.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    begun = time.monotonic()
    code = pytest.main(arguments, plugins=[_Named(figures)])
    print(f"\n{figures.table()}\n\nseed {figures.seed}, {time.monotonic() - begun:.0f} s")
    return int(code)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.faults", description=__doc__)
    parser.add_argument("--long", action="store_true", help="do much more of everything")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="of what is random")
    parser.add_argument("tests", nargs="*", default=[str(HERE)], help="files; all by default")
    return parser.parse_args()


class _Named:
    """Makes the figures known to pytest under a name, by which tests find them."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._figures, "figures")


if __name__ == "__main__":
    sys.exit(main())
