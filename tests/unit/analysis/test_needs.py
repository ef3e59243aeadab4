"""Without an optional library, analysis says what to install, and the rest goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
sys.modules.update(dict.fromkeys({hidden!r}))  # as if they were not installed
from grok_tree.errors import ExtraMissing
from grok_tree.testing import forest_of
forest = forest_of("a>b, a>c")
try:
    print({asked})
except ExtraMissing as error:
    print(error)
"""
ANALYSIS = ("numpy", "matplotlib", "sacrebleu", "rapidfuzz")


def told(asked: str, *hidden: str) -> str:
    """Return what a program prints on a machine without some libraries."""
    program = PROGRAM.format(hidden=hidden, asked=asked)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("asked", "hidden", "named"),
    [
        ("forest.shape()", ANALYSIS, 'numpy, which is not installed; python -m pip install "grok'),
        (
            "__import__('grok_tree.analysis').analysis.plot_tree(forest)",
            ("matplotlib",),
            'matplotlib, which is not installed; python -m pip install "grok',
        ),
        ("forest.to_pandas()", ("pandas",), "python -m pip install pandas"),
        ("forest.to_polars()", ("polars",), "python -m pip install polars"),
    ],
)
def test_what_is_missing_is_named_with_the_next_step(
    asked: str, hidden: tuple[str, ...], named: str
) -> None:
    assert named in told(asked, *hidden)


@pytest.mark.parametrize("asked", ["len(forest.to_records())", "len(forest.graph())"])
def test_rows_and_graphs_need_no_extra(asked: str) -> None:
    assert told(asked, *ANALYSIS) == "3\n"


def test_notebooks_show_forests_and_responses_without_any_extra() -> None:
    shown = told("forest._repr_html_() + next(iter(forest))._repr_html_()", *ANALYSIS)
    assert "3 responses" in shown
