"""Commands on a database of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.cli._command import Command


@pytest.fixture
def command(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    return Command(tmp_path / "forests.db", capfd, monkeypatch)
