"""Deliberate faults, each with the test that must catch it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SITE = Path(__file__).parent / "site"
VARIABLE = "GROK_TREE_PLANTED_FAULT"
LIMIT_S = 120


@dataclass(frozen=True)
class Fault:
    """A deliberate fault.

    Attributes:
        name: In a few words, with underscores.
        what: What is wrong, as a sentence.
        caught_by: The test that must fail.
        plant: Puts it into this process.
    """

    name: str
    what: str
    caught_by: str
    plant: Callable[[], None]


FAULTS: dict[str, Fault] = {}


def fault(caught_by: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function that plants a fault, whose docstring says what is then wrong."""

    def register(plant_it: Callable[[], None]) -> Callable[[], None]:
        name = plant_it.__name__
        FAULTS[name] = Fault(name, plant_it.__doc__ or "", f"tests/{caught_by}", plant_it)
        return plant_it

    return register


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put something else in the place of a function or a value, made of the true one."""
    setattr(owner, name, make(getattr(owner, name)))


def run_catching_test(fault: Fault) -> subprocess.CompletedProcess[str]:
    """Run the test that must catch a fault, in processes that all have it."""
    path = [str(SITE), str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = {**os.environ, VARIABLE: fault.name, "PYTHONPATH": os.pathsep.join(path)}
    command = [sys.executable, "-m", "pytest", fault.caught_by, "-q", "-x", "-m", ""]
    command += ["-p", "no:randomly", "-p", "no:cacheprovider", "--timeout", str(LIMIT_S)]
    # A fault may import what pytest would have liked to rewrite.
    command += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
