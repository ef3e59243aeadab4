"""ChatGPT exports."""

from __future__ import annotations

import pytest

from tests.unit.formats._samples import EXPECTED, check_counts, names


@pytest.mark.parametrize("name", names("chatgpt"))
def test_counts_are_exact(name: str) -> None:
    check_counts(name, EXPECTED[name])
