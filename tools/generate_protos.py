"""Generate the Python code of the wire schema, or check that the committed code is current.

Usage: python tools/generate_protos.py [--check]
"""

from __future__ import annotations

import argparse
import filecmp
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).parent.parent
NATIVE = "grok_tree/wire/v1"
ORIGINAL = "grok_tree/wire/original/v1"
"""Served under other names than it has, so its services get no code of their own."""


def generate(target: Path) -> list[Path]:
    """Write the generated modules below `target` and return their paths relative to it."""
    messages = [f"--python_out={target}", f"--pyi_out={target}"]
    services = [f"--grpc_python_out={target}", f"--mypy_grpc_out={target}"]
    _compile(NATIVE, [*messages, *services])
    _compile(ORIGINAL, messages)
    return sorted(
        path.relative_to(target)
        for folder in (NATIVE, ORIGINAL)
        for path in (target / folder).glob("*_pb2*.py*")
    )


def _compile(folder: str, outputs: list[str]) -> None:
    sources = sorted((ROOT / "protos" / folder).glob("*.proto"))
    arguments = [
        "protoc",
        f"--proto_path={ROOT / 'protos'}",
        f"--proto_path={Path(protoc.__file__).parent / '_proto'}",
        *outputs,
        *(str(path.relative_to(ROOT / "protos")) for path in sources),
    ]
    if protoc.main(arguments) != 0:
        sys.exit(f"the schema in {folder} does not compile")


def check() -> None:
    """Exit with an error if the committed code is not what the schema gives."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = generate(Path(scratch))
        stale = [
            str(path)
            for path in fresh
            if not (ROOT / path).exists()
            or not filecmp.cmp(Path(scratch) / path, ROOT / path, shallow=False)
        ]
    if stale:
        sys.exit(f"not current: {', '.join(stale)}; run `make protos`")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if parser.parse_args().check:
        check()
    else:
        generate(ROOT)
