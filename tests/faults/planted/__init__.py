"""Deliberate faults, to see that the tests would notice them.

A fault is planted in a child process and in all its children, from outside of the package: nothing
in the package knows of it.
"""

from __future__ import annotations

from tests.faults.planted._registry import FAULTS, Fault, run_catching_test

__all__ = ["FAULTS", "Fault", "plant", "run_catching_test"]


def plant(name: str) -> None:
    """Put a fault into this process."""
    FAULTS[name].plant()


# Each module registers its faults.
from tests.faults.planted import _in_doors, _in_service, _in_store  # noqa: E402, F401
