"""The tests notice deliberate faults, each of which the documentation lists."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from tests.docs._blocks import ROOT
from tests.faults._figures import Shown
from tests.faults.planted import FAULTS, run_catching_test

MANUAL = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
HEADING = "| planted fault | what is then wrong | caught by |"
N_AT_ONCE = 2
TEST_FAILED = 1
"""Exit code of pytest; others mean that the test could not be run."""


def lines_of_the_list() -> list[str]:
    """Return the lines of the documented list as they must be."""
    return [
        f"| {fault.name.replace('_', ' ')} | {fault.what} | `{Path(fault.caught_by).name}` |"
        for fault in FAULTS.values()
    ]


def test_the_documentation_lists_every_planted_fault() -> None:
    below = MANUAL.partition(HEADING)[2]
    assert re.findall(r"^\| (?!---).*\|$", below, re.MULTILINE) == lines_of_the_list()


@pytest.mark.parametrize("caught_by", sorted({fault.caught_by for fault in FAULTS.values()}))
def test_the_test_that_catches_a_planted_fault_is_there(caught_by: str) -> None:
    file, *names = caught_by.partition("[")[0].split("::")
    found: object = import_module(file.removesuffix(".py").replace("/", "."))
    for name in names:
        found = getattr(found, name, None)
    assert found is not None


@pytest.mark.slow
def test_every_planted_fault_is_caught(shown: Shown) -> None:
    missed: dict[str, str] = {}
    with ThreadPoolExecutor(N_AT_ONCE) as threads:
        for fault, done in zip(
            FAULTS.values(), threads.map(run_catching_test, FAULTS.values()), strict=True
        ):
            shown.doing("PF", fault.name.replace("_", " "))
            if done.returncode == TEST_FAILED and "\nFAILED tests/" in done.stdout:
                shown.kept(f"caught by {fault.caught_by.partition('::')[2] or fault.caught_by}")
            else:
                missed[fault.name] = (done.stdout + done.stderr)[-2_000:]
    assert missed == {}
