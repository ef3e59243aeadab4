"""The contract on the use cases in process."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from grok_tree.testing.contracts import ForestContract, OpenBackend, open_service_backend


class TestService(ForestContract):
    max_histories = 20  # it is the fastest
    max_long_histories = 160

    @pytest.fixture
    def open_backend(self, tmp_path: Path) -> OpenBackend:
        numbers = count()
        return lambda: open_service_backend(tmp_path / f"{next(numbers)}.db")
