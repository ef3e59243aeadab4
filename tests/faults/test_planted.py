"""The tests notice deliberate faults, each of which the documentation lists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs._blocks import ROOT
from tests.faults._figures import Shown
from tests.faults.planted import FAULTS, run_catching_test

MANUAL = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
HEADING = "| planted fault | what is then wrong | caught by |"
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


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught(name: str, shown: Shown) -> None:
    fault = FAULTS[name]
    shown.doing("PF", name.replace("_", " "))
    done = run_catching_test(fault)
    assert done.returncode == TEST_FAILED, done.stdout + done.stderr
    assert "\nFAILED tests/" in done.stdout, done.stdout
    shown.kept(f"caught by {fault.caught_by.partition('::')[2] or fault.caught_by}")
