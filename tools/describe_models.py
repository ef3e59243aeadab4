"""Write the tables of docs/models.md from what the samplers say of themselves."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from grok_tree.samplers import CAPABILITIES, SamplerSetup, installed_samplers
from tools._pages import DOCS, with_part, write_or_check

PAGE = DOCS / "models.md"
TOOL = "describe_models"
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
    return with_part(PAGE, TOOL, tables(capabilities()))


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, TOOL, page(), about=__doc__))
