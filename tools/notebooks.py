"""Run notebooks as a reader would, each over a database of its own, or clean them for keeping."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
TIMEOUT_S = 240
"""For one cell, and for the kernel to start: a busy machine takes long."""


def run(notebook: Path, target: Path) -> str:
    """Run one notebook in a scratch folder, and write it with its outputs.

    Returns what went wrong, empty when nothing did. What a cell writes to stderr counts: a reader
    would wonder about it.
    """
    content = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory(prefix="nb-") as scratch:
        wrong = _run_in(Path(scratch), content, notebook)
    target.mkdir(parents=True, exist_ok=True)
    nbformat.write(content, target / notebook.name)
    return wrong or _complaints(content)


def _run_in(scratch: Path, content: Any, notebook: Path) -> str:
    work = scratch / "notebooks"
    work.mkdir()
    if (data := notebook.parent / "data").is_dir():
        shutil.copytree(data, work / "data")
    # Sockets in the folder instead of ports: several notebooks may start at once.
    kernel = AsyncKernelManager(transport="ipc", connection_file=str(scratch / "kernel.json"))
    client = NotebookClient(
        content,
        km=kernel,
        timeout=TIMEOUT_S,
        startup_timeout=TIMEOUT_S,
        resources={"metadata": {"path": str(work)}},
    )
    try:
        client.execute(cleanup_kc=True, cwd=str(work), env=_environment(scratch))
    except CellExecutionError as error:
        return str(error)
    return ""


def _environment(scratch: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GROK_TREE_")}
    return ours | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "IPYTHONDIR": str(scratch / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "GROK_TREE_DATABASE": str(scratch / "forests.db"),
        "GROK_TREE_CONFIG": str(scratch / "config.toml"),
        "GROK_TREE_CACHE": str(scratch / "cache"),
    }


def _complaints(content: Any) -> str:
    outputs = (output for cell in content.cells for output in cell.get("outputs", ()))
    said = [one.text for one in outputs if one.output_type == "stream" and one.name == "stderr"]
    return "\n".join(text for text in said if "font cache" not in text)


def clean(notebook: Path) -> None:
    """Take the outputs out of a notebook, and give its cells short names that stay."""
    content = nbformat.read(notebook, as_version=4)
    for number, cell in enumerate(content.cells, start=1):
        cell["id"] = f"cell-{number}"
        cell["metadata"] = {}
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
    content["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    content["nbformat"], content["nbformat_minor"] = 4, 5
    nbformat.write(content, notebook)


def _main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of notebooks/ unless named")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "notebooks")
    parser.add_argument("--clean", action="store_true", help="take outputs out, run nothing")
    asked = parser.parse_args(arguments if arguments is None else list(arguments))
    failed = 0
    for notebook in asked.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
        if asked.clean:
            clean(notebook)
            continue
        wrong = run(notebook.resolve(), asked.to)
        failed += bool(wrong)
        sys.stdout.write(f"{'failed' if wrong else 'ok'}  {asked.to / notebook.name}\n")
        sys.stderr.write(wrong)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(_main())
