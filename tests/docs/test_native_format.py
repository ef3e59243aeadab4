"""The description of the native format is complete and right."""

from __future__ import annotations

import io

import msgspec
import pytest

from grok_tree.forest import (
    Conversation,
    Marks,
    Origin,
    Response,
    Settings,
    Timing,
    Usage,
)
from grok_tree.formats import NativeEnd, NativeHeader, read_documents
from tests.docs._blocks import ROOT, blocks

DESCRIPTION = (ROOT / "docs/native-format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "kind",
    [NativeHeader, NativeEnd, Conversation, Response, Settings, Usage, Timing, Origin, Marks],
    ids=lambda kind: kind.__name__,
)
def test_every_field_is_described(kind: type[msgspec.Struct]) -> None:
    missing = [name for name in kind.__struct_fields__ if f"`{name}`" not in DESCRIPTION]
    assert missing == []


def test_the_example_can_be_read() -> None:
    (example,) = blocks("docs/native-format.md", "json")
    (document,) = read_documents(io.BytesIO(example.code.encode()))
    assert [response.sender for response in document.responses] == ["human", "assistant"]
