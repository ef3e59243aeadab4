"""The command line, ``grok-tree``: it reads the environment and wires the other rooms together."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the process was started with, and end with its exit code."""
    try:
        # Imported here, since Ctrl-C may come while that goes on.
        from grok_tree.cli._app import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["main"]
