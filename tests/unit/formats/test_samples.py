"""Every real file is recognised, read without a skip, and has a format that a test looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

from grok_tree.formats import Document, detect_format, opened, read_all
from tests.unit.formats._samples import EXPECTED, TREES

FOLDERS = {"llama_app": "llama_ui", "chatbotui": "chatbotui", "llm_logs": "llm"}
"""Where the folder of the samples has another name than the format."""

NAMES = {
    "chatml/v1_sft_20.jsonl": "messages",
    "preference/sharegpt_dpo_101_150.json": "preference",
    "inspect/event_fixtures/utility_branch_warmup.json": "inspect",
}
"""Files whose folder is not their format."""


def files() -> list[str]:
    found = (path for path in TREES.rglob("*") if path.is_file())
    names = (str(path.relative_to(TREES)) for path in found)
    return sorted(name for name in names if "/" in name)


def format_of(name: str) -> str:
    folder = name.split("/")[0]
    return NAMES.get(name) or FOLDERS.get(folder, folder)


@pytest.mark.parametrize("name", files())
def test_a_file_is_recognised_and_read_without_a_skip(name: str) -> None:
    with opened(TREES / name) as source:
        assert detect_format(source).name == format_of(name)
    found = list(read_all(TREES / name))
    assert found
    for one in found:
        assert isinstance(one, Document)
        assert one.counts.nodes == len(one.responses) > 0


def test_every_expected_file_is_there() -> None:
    missing = [name for name in EXPECTED if not (TREES / name.removesuffix(" (merged)")).exists()]
    assert missing == []


def test_the_files_come_with_their_sources_and_licences() -> None:
    sources = (TREES / "SOURCES.md").read_text("utf-8")
    missing = [name for name in files() if f"`{Path(name).name}`" not in sources]
    assert missing == []
