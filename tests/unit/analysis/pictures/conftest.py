"""Pictures leave nothing behind: no global setting, and here no open figure."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def _no_setting_is_changed() -> Iterator[None]:
    mpl.use("agg")
    before = mpl.rcParams.copy()
    yield
    assert mpl.rcParams == before
    plt.close("all")
