"""Logs that the real inspect_ai writes now, in an environment of its own.

``requirements/proof.lock`` is made by ``uv pip compile --universal --generate-hashes --no-header
--no-annotate --python-version 3.11`` from the one line ``inspect-ai==0.3.285``.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from grok_tree.formats import Document, read_all
from tests.doors._environments import environment


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the package says it wrote, in both of its layouts."""
    python = environment(tmp_path_factory.mktemp("proof"), "proof.lock")
    script = Path(__file__).with_name("_inspect_script.py")
    folder = tmp_path_factory.mktemp("logs")
    done = subprocess.run(
        [python, str(script), str(folder)],
        cwd=folder,
        env={"HOME": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("layout", [".eval", ".json"])
def test_a_log_says_to_us_what_it_says_to_its_own_reader(logs: Any, layout: str) -> None:
    (log,) = [one for one in logs if one["path"].endswith(layout)]
    documents = {_uuid(one): one for one in read_all(log["path"]) if isinstance(one, Document)}
    assert len(documents) == len(log["samples"]) == 4
    for sample in log["samples"]:
        document = documents[sample["uuid"]]
        leaf = str(document.conversation.leaf_response_id)
        assert [one.message for one in document.forest.path(leaf)] == sample["messages"]
        made = [one for one in document.responses if "choice" in one.origin.provenance]
        assert sorted(one.message for one in made) == sample["choices"]
        assert sum(one.usage.total_tokens for one in made) == sample["tokens"]
        assert {one.settings.seed for one in made} == {11}
        assert set(document.logprobs) == {one.response_id for one in made}
        assert "includes" in document.forest[leaf].marks.scores
        assert document.repair_counts == {}


def _uuid(document: Document) -> str:
    found: str = json.loads(document.responses[0].origin.raw)["sample"]["uuid"]
    return found
