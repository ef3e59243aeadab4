"""What a program does to some files, as strace tells it; and failures that strace brings about."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

CALLS = "openat,write,pwrite64,fdatasync,fsync,ftruncate,unlink,rename"
_LINE = re.compile(r"(\d+) +(.*)")
_DONE = re.compile(r"(\w+)\((.*)\) += (-?\d+)(.*)")
_BEGUN = re.compile(r"(\w+)\((.*?),? ?<unfinished \.\.\.>")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)(.*)")
_PATH = re.compile(r"<((?:\\x[0-9a-f]{2})*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Step(NamedTuple):
    """One call that has succeeded.

    Attributes:
        call: Its name.
        paths: The files it was about.
        data: What was written.
        numbers: The numbers at the end of its arguments, such as the offset.
        begun: Place among all lines at which it began; its own place is its end.
        creates: Whether it was an opening that may create.
    """

    call: str
    paths: tuple[str, ...]
    data: bytes
    numbers: tuple[int, ...]
    begun: int
    creates: bool = False


def needs_strace() -> pytest.MarkDecorator:
    """Return the mark of a test that is skipped where strace is missing."""
    missing = shutil.which("strace") is None
    return pytest.mark.skipif(missing, reason="strace is not installed; apt-get install strace")


@dataclass(frozen=True)
class Tracing:
    """How to run a program under strace.

    Attributes:
        paths: Only calls about these files count.
        calls: Names, with commas.
        most_text: Bytes of a written text that are noted.
        injection: What goes wrong, such as ``fdatasync:error=EIO:when=3``; empty for nothing.
        may_fail: Whether the program may end badly.
    """

    paths: Sequence[Path]
    calls: str = CALLS
    injection: str = ""
    most_text: int = 1 << 24
    may_fail: bool = False

    def run(
        self, command: Sequence[str], log: Path, *, timeout_s: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and write what it did to a log."""
        words = ["strace", "-f", "-xx", "-y", "-s", str(self.most_text), "-o", str(log)]
        words += ["-e", f"trace={self.calls}"]
        if self.injection:
            words += ["-e", f"inject={self.injection}"]
        for path in self.paths:
            words += ["-P", str(path)]
        return subprocess.run(
            [*words, *command],
            check=not self.may_fail,
            timeout=timeout_s,
            stdout=subprocess.PIPE,
            text=True,
        )


def steps_of(log: Path) -> list[Step]:
    """Return the calls of a log that have succeeded, in the order of their ends."""
    return list(_steps(log.read_text().splitlines()))


def _steps(lines: Sequence[str]) -> Iterator[Step]:
    begun: dict[str, tuple[int, str]] = {}
    for place, line in enumerate(lines):
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        thread, rest = found.groups()
        if unfinished := _BEGUN.fullmatch(rest):
            begun[thread] = place, unfinished[2]
        elif resumed := _RESUMED.fullmatch(rest):
            start, arguments = begun.pop(thread)
            yield from _step(resumed[1], f"{arguments}, {resumed[2]}", resumed, start)
        elif done := _DONE.fullmatch(rest):
            yield from _step(done[1], done[2], done, place)


def _step(call: str, arguments: str, found: re.Match[str], begun: int) -> Iterator[Step]:
    if int(found[3]) < 0:
        return
    texts = [_decoded(text) for text in _TEXT.findall(arguments)]
    names = [_decoded(path).decode() for path in _PATH.findall(arguments)]
    # Commas in the data are written as hexadecimal numbers, too.
    last = arguments.rpartition('"')[2] if '"' in arguments else arguments.rpartition(">")[2]
    numbers = tuple(int(word) for word in re.findall(r"-?\b\d+\b", last))
    if call in ("write", "pwrite64"):
        yield Step(call, (names[0],), texts[0], numbers, begun)
    elif call in ("openat", "unlink", "rename"):
        paths = tuple(text.decode() for text in texts)
        yield Step(call, paths, b"", (), begun, creates="O_CREAT" in arguments)
    else:
        yield Step(call, (names[0],), b"", numbers, begun)


def _decoded(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
