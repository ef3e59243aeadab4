"""The code blocks of a Markdown file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block, with the line of the file on which its code begins."""

    file: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        """Say where it is, for the name of a test."""
        return f"{self.file}:{self.line}"


def blocks(file: str, language: str) -> list[Block]:
    """Return the blocks of a file that are written in a language."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return [
        Block(file, text.count("\n", 0, found.start()) + 2, found[1], found[2])
        for found in _FENCED.finditer(text)
        if found[1] == language
    ]


def output_of(block: Block) -> str | None:
    """Return what the page says that a block prints, None where it says nothing."""
    end = block.line + block.code.count("\n")
    return next((b.code for b in blocks(block.file, "text") if b.line == end + 3), None)


def lines_below(file: str, heading: str) -> range:
    """Return the numbers of the lines between a heading and the next of its level."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    begin = lines.index(heading) + 1
    level = heading.partition(" ")[0] + " "
    end = next((at for at in range(begin, len(lines)) if lines[at].startswith(level)), len(lines))
    return range(begin + 1, end + 1)
