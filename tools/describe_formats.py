"""Write the tables of docs/formats.md from what the formats say of themselves."""

from __future__ import annotations

import sys

from grok_tree.formats import Format, Option, known_formats
from tools._pages import DOCS, with_part, write_or_check

PAGE = DOCS / "formats.md"
TOOL = "describe_formats"


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
    return with_part(PAGE, TOOL, tables(known_formats()))


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, TOOL, page(), about=__doc__))
