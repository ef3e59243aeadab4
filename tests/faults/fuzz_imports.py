"""Search for files that upset a reader, led by coverage: python -m tests.faults.fuzz_imports.

Needs the package atheris, which is no dependency. Arguments are those of libFuzzer, such as
``-max_total_time=600``, and a folder that keeps what was found to be interesting.
"""

from __future__ import annotations

import sys


def fuzz(data: bytes) -> None:
    """Read a file whose first byte chooses the format."""
    from grok_tree.formats import known_formats
    from tests.unit.formats._hostile_reading import read_one

    readable = [one.name for one in known_formats() if one.read]
    if data:
        chosen = data[0] % (len(readable) + 1)
        read_one(data[1:], [*readable, None][chosen], patience=4)


def main() -> int:
    """Run until a file is found, or as long as libFuzzer is told to."""
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: pip install atheris", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["grok_tree.formats"]):
        from grok_tree.formats import known_formats

        known_formats()
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
