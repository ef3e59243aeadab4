"""The command as a person runs it: in this process where that is the same, else as installed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from grok_tree.cli import main

INSTALLED = Path(sysconfig.get_path("scripts")) / "grok-tree"
_OUR_VARIABLES = ("GROK_TREE_", "NO_COLOR", "FORCE_COLOR", "COLUMNS")


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Command:
    """Runs commands on one database with the scripted model ``echo``."""

    database: Path
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take away what the environment of the tests might say."""
        for name in os.environ:
            if name.startswith(_OUR_VARIABLES):
                self.patch.delenv(name)
        self.variables = {
            "GROK_TREE_CONFIG": str(self.database.with_name("config.toml")),
            "GROK_TREE_DATABASE": str(self.database),
            "GROK_TREE_CACHE": str(self.database.with_name("cache")),
            "GROK_TREE_MODEL": "scripted/echo",
            **self.variables,
        }
        for name, value in self.variables.items():
            self.patch.setenv(name, value)

    def run(self, *arguments: str, given: str | None = "") -> Finished:
        """Run a command in this process; `given` is what is piped into it, None closes it."""
        self.capture.readouterr()
        self.patch.setattr(sys, "argv", ["grok-tree", *arguments])
        stdin = None if given is None else io.TextIOWrapper(io.BytesIO(given.encode()))
        self.patch.setattr(sys, "stdin", stdin)
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self.capture.readouterr()
        assert isinstance(end.value.code, int)
        return Finished(end.value.code, out, err)

    def start(self, *arguments: str, given: str = "") -> subprocess.Popen[bytes]:
        """Start the installed command as a process of its own."""
        process = subprocess.Popen(
            [INSTALLED, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | self.variables,
        )
        assert process.stdin is not None
        process.stdin.write(given.encode())
        process.stdin.close()
        process.stdin = None
        return process


def read_until(process: subprocess.Popen[bytes], text: bytes) -> bytes:
    """Read what a process writes until it has written `text`."""
    assert process.stdout is not None
    read = b""
    while text not in read:
        piece = process.stdout.read(1)
        assert piece, f"it ended after {read!r}"
        read += piece
    return read
