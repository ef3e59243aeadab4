"""The contract on the store, over each kind of database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from grok_tree.store import Store
from grok_tree.testing.contracts import OpenStore, StoreContract


class TestSqliteFile(StoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: closing(Store.open(tmp_path / "forests.db"))


class TestPostgres(StoreContract):
    @pytest.fixture
    def open_store(self, postgres_url: str) -> OpenStore:
        return lambda: closing(Store.open(postgres_url))
