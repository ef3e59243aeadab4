"""What the fault tests share."""

from __future__ import annotations

import pytest

from tests.faults._figures import Shown, shown_by


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> Shown:
    return shown_by(request)
