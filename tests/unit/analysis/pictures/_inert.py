"""What HTML must be to be shown anywhere: inert, whole, and made of a few known tags."""

from __future__ import annotations

from html.parser import HTMLParser

TAGS = {"details", "summary", "div", "span", "p", "b", "i", "bdi", "table", "tr", "td", "th"}
ATTRIBUTES = {"style", "open", "dir", "title"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.texts: list[str] = []
        self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS or not {name for name, _ in attrs} <= ATTRIBUTES:
            self.wrong.append(f"<{tag} {attrs}>")
        styles = [value or "" for name, value in attrs if name == "style"]
        self.wrong += [style for style in styles if "url" in style or "expression" in style]
        self.open.append(tag)
        self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}-->")


def read(html: str) -> _Reader:
    """Read HTML and check that it is inert and whole."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert (reader.wrong, reader.open) == ([], [])
    return reader


def text_of(html: str) -> str:
    """Return what a reader sees when everything is unfolded."""
    return " ".join(" ".join(read(html).texts).split())
