"""A fresh embedded server for each defect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from grok_tree import AsyncClient


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(database=tmp_path / "forests.db", model="scripted/echo") as opened:
        yield opened
