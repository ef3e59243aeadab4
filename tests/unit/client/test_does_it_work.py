"""The first sign of life prints a question and an answer, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from grok_tree import Client, does_it_work
from grok_tree.samplers._weights import missing_reason


def test_it_prints_the_question_and_the_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Client(database=tmp_path / "forests.db", model="scripted/echo") as client:
        assert does_it_work(client)
        assert list(client.grok.list_conversations()) == []
    question, answer = capsys.readouterr().out.splitlines()
    assert answer == f"echo: {question}"


@pytest.mark.local_model
@pytest.mark.skipif(bool(missing_reason()), reason=missing_reason() or "it is there")
def test_it_works_without_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GROK_TREE_HOST", "GROK_TREE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GROK_TREE_DATABASE", str(tmp_path / "forests.db"))
    assert does_it_work()
    assert "Paris" in capsys.readouterr().out
