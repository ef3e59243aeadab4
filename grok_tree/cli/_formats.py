"""``grok-tree formats``: what can be read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import examples, json_option, talking

if TYPE_CHECKING:
    from grok_tree.formats import Format


@click.command(
    "formats",
    epilog=examples("grok-tree formats", "grok-tree formats dpo", "grok-tree formats --json"),
)
@click.argument("name", required=False)
@json_option
@talking
def command(*, console: Console, name: str | None, as_json: bool) -> None:
    """List the formats, or tell all about one: its options, and what its files cannot hold."""
    from grok_tree.formats import find_format, known_formats

    chosen = known_formats() if name is None else (find_format(name),)
    for one in chosen:
        if as_json:
            console.json(_record(one))
        else:
            console.line(f"{one.name:<{_width(chosen)}}  {_ways(one):<10}  {one.title}")
    if name is not None and not as_json:
        console.lines(_details(chosen[0]))


def _width(formats: tuple[Format, ...]) -> int:
    return max(len(one.name) for one in formats)


def _ways(one: Format) -> str:
    ways = [word for word, way in (("read", one.read), ("write", one.write)) if way is not None]
    return ", ".join(ways)


def _details(one: Format) -> list[str]:
    lines = [
        f"  -O {option.name}={'|'.join(option.choices) or f'NUMBER ({option.default})'}"
        f"  {option.help}"
        for option in one.options
    ]
    if one.write is not None:
        lines += [f"  files do not hold: {loss}" for loss in one.losses] or ["  loses nothing"]
    if one.extra:
        lines.append(f"  needs: pip install 'grok-tree[{one.extra}]'")
    return lines


def _record(one: Format) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "suffix": one.suffix,
        "read": one.read is not None,
        "write": one.write is not None,
        "options": [
            {
                "name": option.name,
                "help": option.help,
                "choices": option.choices,
                "default": option.choices[0] if option.choices else option.default,
            }
            for option in one.options
        ],
        "losses": one.losses,
        "extra": one.extra,
    }
