"""The command line, ``grok-tree``: it reads the environment and wires the other rooms together."""

from grok_tree.cli._app import main

__all__ = ["main"]
