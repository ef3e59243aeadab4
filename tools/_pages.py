"""Pages of the manual of which a part is written by a tool."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
END = "<!-- end -->"


def with_part(page: Path, tool: str, part: str) -> str:
    """Return a page with the part of a tool as it should be."""
    begin = f"<!-- begin: tools/{tool}.py -->"
    before, _, rest = page.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}\n\n{part}\n\n{END}{after}"


def write_or_check(page: Path, tool: str, wanted: str, *, about: str | None) -> int:
    """Write a page, or with ``--check`` say whether it must be written."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    if not parser.parse_args().check:
        page.write_text(wanted, "utf-8")
        return 0
    if page.read_text("utf-8") == wanted:
        return 0
    sys.stderr.write(f"{page.name} is not current; run: python -m tools.{tool}\n")
    return 1
