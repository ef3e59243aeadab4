"""What has come of one answer beside its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from grok_tree.forest import (
    Attachment,
    Citation,
    Cited,
    Part,
    Pictured,
    Searched,
    ToolCall,
    ToolCalled,
    repaired_text,
)

T = TypeVar("T", Attachment, ToolCall, Citation)


@dataclass
class AnswerParts:
    """Searches, images, calls of tools and sources of one sibling, in the order they came."""

    searches: list[Searched] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)

    def take(self, part: Part) -> Part:
        """Add the next one; return it as it can be stored."""
        match part:
            case Searched():
                query = " ".join(repaired_text(part.query).split())
                part = Searched(query, repaired_text(part.query_type), part.index)
                self.searches.append(part)
            case Pictured():
                part = Pictured(_repaired(part.attachment), part.index)
                self.attachments.append(part.attachment)
            case ToolCalled():
                part = ToolCalled(_repaired(part.tool_call), part.index)
                self.tool_calls.append(part.tool_call)
            case Cited():
                part = Cited(_repaired(part.citation), part.index)
                self.citations.append(part.citation)
        return part

    def fields(self) -> dict[str, Any]:
        """Return them as the fields of a response; searches as a line each."""
        return {
            "query": "\n".join(one.query for one in self.searches),
            "query_type": "\n".join(one.query_type for one in self.searches),
            "attachments": tuple(self.attachments),
            "tool_calls": tuple(self.tool_calls),
            "citations": tuple(self.citations),
        }


def _repaired(value: T) -> T:
    texts = {
        name: repaired_text(text)
        for name, text in msgspec.structs.asdict(value).items()
        if isinstance(text, str)
    }
    return msgspec.structs.replace(value, **texts)
