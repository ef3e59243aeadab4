"""Every notebook is stored clean, reads like a short paper, and runs on the embedded model."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grok_tree.samplers._weights import missing_reason
from tests.docs._blocks import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
IN_EVERY_RUN = ("01", "02")
FORM = ("Question", "Method", "Picture", "Answer")
OF_A_MACHINE = re.compile(r"(?<![\w.:/])/(?:home|Users|tmp|root|work|mnt|var|opt)/|[A-Z]:\\\\")


def cells(notebook: Path) -> list[dict[str, Any]]:
    return list(nbformat.read(notebook, as_version=nbformat.NO_CONVERT).cells)


def headings(notebook: Path) -> list[str]:
    texts = (cell["source"] for cell in cells(notebook) if cell["cell_type"] == "markdown")
    return re.findall(r"^#{1,2} (.+)$", "\n".join(texts), re.MULTILINE)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
class TestEveryNotebook:
    def test_is_valid_and_names_its_kernel(self, notebook: Path) -> None:
        content = nbformat.read(notebook, as_version=nbformat.NO_CONVERT)
        nbformat.validate(content)
        assert (content.nbformat, content.nbformat_minor) == (4, 5)
        assert content.metadata.kernelspec.name == "python3"

    def test_is_stored_without_outputs(self, notebook: Path) -> None:
        code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
        assert code
        assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(
            code
        )

    def test_reads_like_a_short_paper(self, notebook: Path) -> None:
        _title, *sections = headings(notebook)
        assert tuple(name for name in sections if name in FORM) == FORM
        assert cells(notebook)[0]["source"].startswith("# ")

    def test_names_no_folder_of_a_machine(self, notebook: Path) -> None:
        found = [m for cell in cells(notebook) for m in OF_A_MACHINE.findall(cell["source"])]
        assert found == []


def in_its_suite(notebook: Path) -> Any:
    marks = [pytest.mark.timeout(200)]
    if not notebook.stem.startswith(IN_EVERY_RUN):
        marks = [pytest.mark.timeout(300), pytest.mark.slow]
    return pytest.param(notebook, id=notebook.stem, marks=marks)


@pytest.mark.local_model
@pytest.mark.skipif(bool(missing_reason()), reason=missing_reason() or "it is there")
@pytest.mark.parametrize("notebook", [in_its_suite(notebook) for notebook in NOTEBOOKS])
def test_every_notebook_runs(notebook: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.notebooks", str(notebook), "--to", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    ran = [cell for cell in cells(tmp_path / notebook.name) if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in ran)
    kinds = [kind for cell in ran for one in cell["outputs"] for kind in one.get("data", ())]
    assert "text/html" in kinds or "image/png" in kinds, "there is something to look at"
