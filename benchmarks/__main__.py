"""Run the benchmarks and print their table: python -m benchmarks [--quick] [NAME ...]."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks._measure import table

NAMES = (
    "startup",
    "chatgpt_import",
    "turns",
    "forks",
    "streaming",
    "disk",
    "mirror",
    "wire",
    "siblings",
    "shapes",
    "http_samples",
    "xai_door",
    "door",
    "sibling_statistics",
)

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(NAMES)}")
parser.add_argument("--quick", action="store_true", help="small sizes, one round: a smoke test")
arguments = parser.parse_args()
rows = []
for name in arguments.names or NAMES:
    print(f"measuring {name} ...", file=sys.stderr, flush=True)
    rows += importlib.import_module(f"benchmarks.{name}").rows(quick=arguments.quick)
print(table(rows))
