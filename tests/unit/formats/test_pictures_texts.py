"""Markdown and HTML show everything that they promise, and nothing leaves its place."""

from __future__ import annotations

import html
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from markdown_it import MarkdownIt

from grok_tree.forest import Attachment, Citation, Forest, HeldResponses, Marks, Origin, ToolCall
from grok_tree.formats import write
from grok_tree.testing import forest_of
from tests.unit.formats._hostile import HOSTILE, deep_forest, hostile_forest

VOID = {"meta", "br"}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "section", "h1", "p", "ol", "li", "article",
    "header", "b", "bdi", "details", "summary", "div", "pre", "a",
}  # fmt: skip


def written(*several: Forest, format: str, **options: str | int) -> str:
    file = io.BytesIO()
    write(several, file, format, **options)
    return file.getvalue().decode()


def changed(forest: Forest, **changes: dict[str, object]) -> Forest:
    responses = [msgspec.structs.replace(one, **changes.get(one.message, {})) for one in forest]
    return Forest(forest.conversation, forest.parent_numbers, HeldResponses(responses))


class Page(HTMLParser):
    """Reads a page strictly: what is opened is closed, and nothing is there that was not meant."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.deepest = 0
        self.texts: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)
            self.deepest = max(self.deepest, len(self.open))
        if ("class", "text") in attrs:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "div":
            self.texts[-1] += data


def test_every_text_is_on_the_page_and_nothing_but_text() -> None:
    page = Page(written(hostile_forest(), format="html"))
    plain = [
        one
        for one in HOSTILE
        if one
        and not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", one
        )
    ]
    assert len(plain) > 20
    assert not [one for one in plain if one not in page.texts]
    assert page.attributes <= {
        ("meta", "charset"), ("meta", "http-equiv"), ("meta", "content"), ("meta", "name"),
        ("article", "class"), ("div", "class"), ("div", "dir"), ("h1", "dir"), ("p", "class"),
        ("details", "class"), ("pre", "dir"), ("bdi", "dir"),
    }  # fmt: skip


def test_what_turns_text_is_shown_by_name() -> None:
    for format in ("html", "markdown", "dot", "mermaid"):
        content = written(hostile_forest(), format=format)
        assert not re.search(
            "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", content
        )
    assert "⟨U+202E⟩" in written(hostile_forest(), format="html")


def test_the_policy_allows_the_style_and_nothing_else() -> None:
    content = written(forest_of("a"), format="html")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', content)
    assert policy is not None
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+';"
        r" base-uri 'none'; form-action 'none'",
        policy[1],
    )
    assert "url(" not in content
    assert "@import" not in content


def test_long_and_forked_paths_do_not_nest() -> None:
    assert Page(written(deep_forest(3001), format="html")).deepest < 30
    names = ">".join(f"n{k}" for k in range(2000))
    assert Page(written(forest_of(names), format="html")).deepest < 10


def test_a_balanced_tree_nests_as_deep_as_its_logarithm() -> None:
    parents = ",".join(f"n{(k - 1) // 2}>n{k}" for k in range(1, 1023))
    assert Page(written(forest_of(parents), format="html")).deepest < 60


def rich() -> Forest:
    forest = forest_of("q>a>e, q>b, r", leaf="a", title="T")
    return changed(
        forest,
        a={
            "reasoning": "because",
            "marks": Marks(starred=True, note="see", scores={"s": 0.5}, tags=("t",)),
            "tool_calls": (ToolCall(call_id="1", name="add", arguments='{"x":1}'),),
            "citations": (Citation(url="https://example.invalid/?a=1&b=2", title="source"),),
            "model_name": "local/m",
        },
        b={
            "partial": True,
            "finish_reason": "length",
            "origin": Origin(flags=("hidden",)),
            "attachments": (Attachment(url="javascript:alert(1)", name="file"),),
        },
    )


def test_html_shows_thoughts_calls_sources_and_marks() -> None:
    content = written(rich(), format="html")
    page = Page(content)
    assert page.texts == ["q", "because", "a", "see", "b", "e", "r"]
    assert page.links == ["https://example.invalid/?a=1&b=2"]
    assert "<details><summary>thought: because</summary>" in content
    for shown in (
        "calls add",
        "★",
        "s 0.5",
        "#t",
        "local/m",
        "cut off",
        "hidden",
        "length",
        "1 other in its place",
    ):
        assert shown in content
    assert content.count(' active">') == 2


def test_one_path_of_html_and_markdown() -> None:
    assert Page(written(rich(), format="html", paths="active")).texts[-1] == "see"
    assert Page(written(rich(), format="html", response="b")).texts == ["q", "b"]
    assert "**3 · " not in written(rich(), format="markdown", response="b")
    assert "**4 · assistant** · cut off · hidden" in written(
        rich(), format="markdown", response="b"
    )


def test_no_conversation_is_still_a_page() -> None:
    Page(written(format="html"))
    assert "No conversation" in written(format="html")


def test_markdown_is_runs_with_what_stands_in_the_place_of_each() -> None:
    assert written(forest_of("q>a>e, q>b>f>g, r", title="T"), format="markdown") == (
        "# T\n"
        "\n**1 · human**\n\n> q\n"
        "\n**4 · assistant**\n\n> b\n"
        "\n*In its place: 2*\n"
        "\n**5 · human**\n\n> f\n"
        "\n**6 · assistant**\n\n> g\n"
        "\n## 7, another beginning\n"
        "\n**7 · human**\n\n> r\n"
        "\n## 2, in the place of 4\n"
        "\n**2 · assistant**\n\n> a\n"
        "\n**3 · human**\n\n> e\n"
    )


def test_markdown_shows_thoughts_calls_and_marks() -> None:
    content = written(rich(), format="markdown")
    for shown in (
        "> > because",
        "*calls add*",
        '> {"x":1}',
        "★",
        "s 0.5",
        "*note*\n\n> see",
        "file",
    ):
        assert shown in content


@pytest.mark.parametrize("texts", ["quoted", "verbatim"])
def test_nothing_leaves_its_quote_in_markdown(texts: str) -> None:
    content = written(hostile_forest(), format="markdown", texts=texts)
    known = re.compile(
        r"# .*|\*\*\d+ · .*|\*(thought|In its place: .*)\*|\*\*system prompt\*\*|## \d.*"
    )
    for line in content.split("\n"):
        assert not line or line.startswith(">") or known.fullmatch(line), line
        if not line.startswith(">"):
            assert not re.search(r"(?<!\\)(\\\\)*[<`\[]", line)
    assert "\r" not in content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b <b> </i> <!-- <?x", r"a < b \<b> \</i> \<!-- \<?x"),
        (r"\<script> \\<script> x", r"\<script> \\\<script> x"),
        ("![x](y) [a](https://b) [a]( #c)", r"!\[x]\(y) [a](https://b) [a]( #c)"),
        ("[a](javascript:x) [a](\n", "[a]\\(javascript:x) [a]\\("),
        ("[a]: data:x", r"[a]\: data:x"),
    ],
)
def test_html_images_and_other_links_are_shown_as_source(text: str, expected: str) -> None:
    forest = changed(forest_of("a", title="t"), a={"message": text})
    assert written(forest, format="markdown").partition("> ")[2].rstrip("> \n") == expected


@pytest.mark.parametrize("texts", ["quoted", "verbatim"])
def test_a_renderer_of_markdown_that_allows_html_makes_none_of_it(texts: str) -> None:
    content = written(hostile_forest(), format="markdown", texts=texts)
    rendered = MarkdownIt("commonmark", {"html": True}).render(content)
    tags = set(re.findall(r"<(\w+)", rendered))
    assert tags <= {
        "h1", "h2", "h3", "p", "strong", "em", "blockquote", "code", "pre", "hr", "ul", "ol",
        "li", "br",
    }  # fmt: skip
    plain = html.unescape(rendered)
    if texts == "verbatim":
        lines = [line for one in HOSTILE if one.isprintable() for line in one.splitlines()]
        assert not [line for line in lines if line not in plain]


def test_a_fence_is_longer_than_any_inside() -> None:
    forest = changed(forest_of("a"), a={"message": "``` ````` \n```"})
    content = written(forest, format="markdown", texts="verbatim")
    assert "> ``````\n> ``` ````` \n> ```\n> ``````\n" in content


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_runs_nothing_and_shows_everything(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    path = tmp_path / "page.html"
    write(hostile_forest(), path, "html")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    done = subprocess.run(
        [*command, f"--user-data-dir={tmp_path}/profile", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "CONSOLE" not in done.stderr
    assert "Content Security Policy" not in done.stderr
    assert "<script" not in done.stdout
    due = [
        one.replace("\r\n", "\n").replace("\r", "\n") for one in Page(path.read_text("utf-8")).texts
    ]
    assert Page(done.stdout).texts == due
