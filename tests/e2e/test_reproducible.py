"""A program with an initial seed grows the same forest again."""

from __future__ import annotations

from pathlib import Path

import pytest

from grok_tree import Client

LIMIT = 6


def grown(database: Path, seed: int, model: str) -> str:
    """Run a small program on a new database and return what was said in it."""
    with Client(database=database, model=model, initial_rng_seed=seed) as client:
        conversation = client.grok.create_conversation()
        first = conversation.add_response("Name a colour.", max_tokens=LIMIT).result()
        first.resample_many(2, max_tokens=LIMIT).result()
        second = first.reply("Name another.", max_tokens=LIMIT).result()
        second.fork_at(1, " well", n=2, max_tokens=LIMIT).result()
        return conversation.forest.content_hash


@pytest.mark.parametrize(
    "model",
    ["scripted/varied", pytest.param("local/smollm2-135m", marks=pytest.mark.local_model)],
)
def test_the_same_seed_grows_the_same_forest(tmp_path: Path, model: str) -> None:
    once = grown(tmp_path / "one.db", 7, model)
    assert grown(tmp_path / "two.db", 7, model) == once
    assert grown(tmp_path / "three.db", 700, model) != once
