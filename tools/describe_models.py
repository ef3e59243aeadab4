"""Write the tables of docs/models.md from what the samplers say of themselves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from grok_tree.samplers import CAPABILITIES, SamplerSetup, installed_samplers

PAGE = Path(__file__).parent.parent / "docs" / "models.md"
BEGIN, END = "<!-- begin: tools/describe_models.py -->", "<!-- end -->"
SERVERS = ("openai", "llama.cpp", "vllm", "")
"""Kinds of servers that speak the OpenAI protocol; the last stands for all others."""


def capabilities() -> dict[str, frozenset[str]]:
    """Return what each kind of model can do, by what the table calls it."""
    endpoints = {
        f"server-{number}": {"base_url": "http://127.0.0.1:1/v1", "server": kind, "models": ["any"]}
        for number, kind in enumerate(SERVERS)
    }
    setup = SamplerSetup(options={"endpoints": endpoints}, read_recording=lambda _path: [])
    registry = installed_samplers(setup=setup)
    models = {model.name: frozenset(model.capabilities) for model in registry.models()}
    found = {name: can for name, can in models.items() if name.startswith("local/")}
    for number, kind in enumerate(SERVERS):
        found[kind or "another server"] = models[f"server-{number}/any"]
    for name, can in models.items():
        if name.startswith("xai/") and can not in found.values():
            found[name] = can
    found["`replay`"] = next(can for name, can in models.items() if name.startswith("replay/"))
    return found


def tables(found: Mapping[str, frozenset[str]]) -> str:
    """Return the tables as Markdown."""
    words = [f"| `{name}` | {meaning} |" for name, meaning in CAPABILITIES.items()]
    names = list(found)
    rows = [
        f"| `{capability}` | " + " | ".join("x" if capability in found[n] else "" for n in names)
        for capability in CAPABILITIES
    ]
    return "\n".join(
        [
            "| capability | what a model with it does |",
            "| --- | --- |",
            *words,
            "",
            "| | " + " | ".join(names) + " |",
            "| --- |" + " --- |" * len(names),
            *(f"{row} |" for row in rows),
        ]
    )


def page() -> str:
    """Return the page with its tables as they should be."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(capabilities())}\n\n{END}{after}"


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
    sys.stderr.write(f"{PAGE.name} is not current; run: python -m tools.describe_models\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
