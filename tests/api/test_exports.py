"""What is public is listed, and importing the package is cheap."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import grok_tree
from grok_tree import analysis

ROOMS = (
    *("analysis", "client", "forest", "formats", "samplers", "server"),
    *("service", "store", "testing", "web", "wire"),
)


def test_every_public_name_of_the_package_can_be_had() -> None:
    assert sorted(grok_tree.__all__) == grok_tree.__all__
    for name in grok_tree.__all__:
        assert getattr(grok_tree, name) is not None
        assert name in dir(grok_tree)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        grok_tree.nothing_of_ours  # noqa: B018


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_lists_its_public_names(room: str) -> None:
    module = importlib.import_module(f"grok_tree.{room}")
    assert len(module.__all__) == len(set(module.__all__))
    for name in module.__all__:
        assert hasattr(module, name), name
        assert not name.startswith("_")


def test_analysis_shows_type_checkers_the_names_that_it_has() -> None:
    source = Path(analysis.__file__).read_text()
    imports = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.ImportFrom)]
    shown = [name.asname for one in imports for name in one.names if name.asname]
    assert sorted(shown) == analysis.__all__


@pytest.mark.parametrize(
    "statement", ["import grok_tree", "import grok_tree.cli", "import grok_tree.errors"]
)
def test_importing_loads_no_heavy_library(statement: str) -> None:
    heavy = "('grpc', 'sqlalchemy', 'networkx', 'rich', 'alembic', 'xllamacpp', 'numpy')"
    program = f"{statement}\nimport sys\nprint([name for name in {heavy} if name in sys.modules])"
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"
