"""Write the tables of docs/formats.md from what the formats say of themselves."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grok_tree.formats import Format, Option, known_formats

PAGE = Path(__file__).parent.parent / "docs" / "formats.md"
BEGIN, END = "<!-- begin: tools/describe_formats.py -->", "<!-- end -->"


def tables(formats: tuple[Format, ...]) -> str:
    """Return the tables as Markdown."""
    rows = [
        f"| `{one.name}` | {_mark(one.read)} | {_mark(one.write)} | {one.title} |"
        for one in formats
    ]
    written = [one for one in formats if one.write is not None]
    return "\n".join(
        [
            "| name | read | written | what it is |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            "What a written file does not hold, and what can be chosen with `-O NAME=VALUE`:",
            "",
            "| name | does not hold | choices |",
            "| --- | --- | --- |",
            *(f"| `{one.name}` | {_losses(one)} | {_options(one)} |" for one in written),
        ]
    )


def _mark(way: object) -> str:
    return "" if way is None else "x"


def _losses(one: Format) -> str:
    extra = f" (needs `grok-tree[{one.extra}]`)" if one.extra else ""
    return "; ".join(one.losses).replace("|", "\\|") + extra


def _options(one: Format) -> str:
    return "<br>".join(f"`{_choices(option)}`: {option.help}" for option in one.options)


def _choices(option: Option) -> str:
    values = "TEXT" if option.is_text else "\\|".join(option.choices) or str(option.default)
    return f"{option.name}={values}"


def page() -> str:
    """Return the page with its tables as they should be."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(known_formats())}\n\n{END}{after}"


def main() -> int:
    """Write the page, or say whether it must be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    wanted = page()
    if not parser.parse_args().check:
        PAGE.write_text(wanted, "utf-8")
        return 0
    if PAGE.read_text("utf-8") == wanted:
        return 0
    sys.stderr.write(f"{PAGE.name} is not current; run: python -m tools.describe_formats\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
