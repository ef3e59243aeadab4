"""H7: nothing that is read ever becomes code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import grok_tree

PACKAGE = Path(grok_tree.__file__).parent
MODULES = frozenset(
    {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle"}
    | {"joblib", "jsonpickle", "yaml", "torch", "runpy"}
)
"""Loading data with these can run it."""
CALLS = frozenset({"eval", "exec", "compile", "__import__"})
ASKED_FOR = {"cli/_labels.py": ["runpy"]}
"""A program of the user's own, named on the command line to be run."""
HOOKS = frozenset({"ext_hook", "object_hook", "object_pairs_hook", "allow_pickle", "shell"})
"""Arguments by which a decoder runs what the data names."""


def findings(source: str) -> Iterator[str]:
    """Yield what in a program could make code of data."""
    for one in ast.walk(ast.parse(source)):
        match one:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in MODULES:
                yield module
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield f"{name}()"
            case ast.keyword(arg=str(name)) if name in HOOKS:
                yield f"{name}="


def test_no_module_makes_code_of_data() -> None:
    found = {
        str(path.relative_to(PACKAGE)): told
        for path in PACKAGE.rglob("*.py")
        if (told := sorted(findings(path.read_text("utf-8"))))
    }
    assert found == ASKED_FOR


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, pickle as p",
        "from yaml import load",
        "import torch.serialization",
        "x = eval(y)",
        "def f(x):\n    exec(x)",
        "msgspec.msgpack.Decoder(ext_hook=f)",
        "subprocess.run(x, shell=True)",
    ],
)
def test_each_way_is_noticed(source: str) -> None:
    assert list(findings(source))


def test_what_only_looks_so_is_let_be() -> None:
    assert not list(findings("import re, picklewise\nre.compile('x')\ndef shell(): ...\nx.eval(1)"))
