"""Virtual environments for clients that must not be installed beside ours."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


def environment(folder: Path, lock: str) -> str:
    """Make an environment with what a lock names; return its interpreter.

    The test is skipped where the packages cannot be had.
    """
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    install(python, lock)
    return python


def install(python: str, lock: str, *options: str) -> None:
    """Install what a lock names, from wherever pip gets packages on this machine."""
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    done = subprocess.run(
        [*command, *options, "-r", str(REQUIREMENTS / lock)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"{lock} cannot be installed here: {done.stderr.strip()[-300:]}")
