"""A shared page shows the path, and nothing on it does anything."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from grok_tree.forest import ConversationId, Response, ResponseId
from grok_tree.service import SharedPath
from grok_tree.web import shared_page

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></article><iframe src=//evil>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "<style>body{background:url(//evil)}</style>",
    "&lt;script&gt;",
    "{{7*7}} ${7*7} {title}",
]
HARMLESS = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "bdi"),
    *("article", "header", "time", "p", "em", "footer"),
}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def response(message: str, **fields: object) -> Response:
    values: dict[str, object] = {
        "response_id": ResponseId("r"),
        "conversation_id": ConversationId("c"),
        "parent_response_id": None,
        "sender": "assistant",
        "message": message,
        "create_time": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        **fields,
    }
    return Response(**values)  # type: ignore[arg-type]


def parsed(*responses: Response, title: str = "A title") -> Tags:
    tags = Tags()
    tags.feed(shared_page(SharedPath(title, list(responses))))
    return tags


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_is_shown_and_does_nothing(payload: str) -> None:
    page = parsed(response(payload, model_name=payload), title=payload)
    assert set(page.tags) <= HARMLESS
    assert not [name for name in page.attributes if name.startswith("on")]
    assert page.text.count(payload) >= 3


def test_characters_that_reorder_or_control_become_visible() -> None:
    page = parsed(response("a\u202eb\x1b[31mc\x07"))
    assert "a\\u202eb\\u001b[31mc\\u0007" in page.text


def test_a_cut_answer_says_so() -> None:
    assert "cut" in parsed(response("half an", partial=True)).text


def test_the_page_shows_no_ids() -> None:
    page = shared_page(SharedPath("", [response("hello", response_id="0192-secret-id")]))
    assert "0192-secret-id" not in page
