"""The page on models says what the samplers say of themselves."""

from __future__ import annotations

from tools import describe_models


def test_the_tables_are_current() -> None:
    assert describe_models.PAGE.read_text("utf-8") == describe_models.page(), (
        "run: python -m tools.describe_models"
    )


def test_every_provider_is_in_the_table() -> None:
    found = describe_models.capabilities()
    assert all(found.values())
    assert {"local/smollm2-135m", "llama.cpp", "`replay`", "xai/grok-4.7"} <= set(found)
