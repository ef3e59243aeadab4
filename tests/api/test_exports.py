"""What is public is listed, and importing the package is cheap."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import grok_tree

ROOMS = (
    *("client", "forest", "formats", "samplers", "server"),
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


@pytest.mark.parametrize(
    "statement", ["import grok_tree", "import grok_tree.cli", "import grok_tree.errors"]
)
def test_importing_loads_no_heavy_library(statement: str) -> None:
    heavy = "('grpc', 'sqlalchemy', 'networkx', 'rich', 'alembic', 'xllamacpp', 'numpy')"
    program = f"{statement}\nimport sys\nprint([name for name in {heavy} if name in sys.modules])"
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"
