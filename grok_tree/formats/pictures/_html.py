"""One HTML page that needs nothing else: an outline with folds, without any script.

Responses of a run stand one under another; what stands in the place of one is folded beside it.
The page asks nothing of any network, and its policy forbids scripts and everything from outside.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape
from typing import BinaryIO
from urllib.parse import urlsplit

from grok_tree.forest import NO_TIME, Forest, Response
from grok_tree.formats._format import Format
from grok_tree.formats.pictures._runs import Member, Outline, fetched
from grok_tree.formats.pictures._showing import (
    TEXT_LOSSES,
    VIEW,
    check_found,
    kept,
    shortened,
    shown,
    title_of,
)

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1d22; --faint: #666c78; --line: #d9dce3;
  --page: #fff; --human: #eef3fb; --assistant: #fff; --system: #f6f2e6; --tool: #eef6ef;
  --accent: #2f6fde; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6eb; --faint: #9aa1ad; --line: #363b45;
  --page: #15171b; --human: #1d2736; --assistant: #1a1c21; --system: #2a2719; --tool: #1a261d;
  --accent: #7fa9ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 54rem; padding: 1rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; margin: 1.5rem 0 .25rem; }
ol { list-style: none; margin: 0; padding: 0; }
li { margin: .5rem 0; }
article { border: 1px solid var(--line); border-inline-start: 4px solid var(--line);
  border-radius: .5rem; padding: .5rem .75rem; background: var(--assistant); }
.human { background: var(--human); border-inline-start-color: var(--accent); }
.system { background: var(--system); }
.tool { background: var(--tool); }
.active { border-inline-start-width: 8px; }
header, .about, summary { color: var(--faint); font-size: .85rem; }
header b { color: var(--ink); }
summary { cursor: pointer; padding: .25rem 0; }
.text { white-space: pre-wrap; unicode-bidi: isolate; margin: .25rem 0; }
pre { white-space: pre-wrap; margin: .25rem 0; font-size: .85rem; }
.others { margin-inline-start: .35rem; padding-inline-start: .6rem;
  border-inline-start: 2px solid var(--line); }
.others > summary { color: var(--accent); }
@media (max-width: 40rem) { body { padding: .5rem; } article { padding: .4rem .5rem; }
  .others { margin-inline-start: 0; padding-inline-start: .4rem; } }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
_HEAD = f"""<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>{_STYLE}</style>
</head>
<body>
"""


def _write(
    forests: Iterable[Forest], file: BinaryIO, *, paths: str, score: str, response: str
) -> int:
    written = 0
    began = False
    for forest in forests:
        shown_ones = kept(forest, paths=paths, score=score, response=response)
        n_shown = sum(shown_ones)
        if response and not n_shown:
            continue
        if not began:
            file.write((_HEAD.replace("%s", _inline(title_of(forest)), 1)).encode())
            began = True
        for part in _page(forest, Outline(forest.parent_numbers, shown_ones), n_shown):
            file.write(part.encode())
        written += n_shown
    check_found(response, written)
    if not began:
        file.write(_HEAD.replace("%s", "No conversation", 1).encode())
    file.write(b"</body>\n</html>\n")
    return written


def _page(forest: Forest, outline: Outline, n_shown: int) -> Iterator[str]:
    conversation = forest.conversation
    star = " \u2605" if conversation.starred else ""
    yield f'<section>\n<h1 dir="auto">{_inline(title_of(forest))}{star}</h1>\n'
    time = conversation.create_time
    created = f"{time:%Y-%m-%d %H:%M} UTC \u00b7 " if time != NO_TIME else ""
    yield f'<p class="about">{created}{_n(n_shown, "response")}</p>\n'
    if conversation.system_prompt:
        yield (
            "<details><summary>system prompt</summary>"
            f"{_text(conversation.system_prompt)}</details>\n"
        )
    yield from _tree(forest, outline)
    yield "</section>\n"


def _tree(forest: Forest, outline: Outline) -> Iterator[str]:
    leaf = forest.leaf
    active = set() if leaf is None else set(forest.path(leaf.response_id).ids)
    for step in fetched(forest, _steps(outline)):
        if isinstance(step, str):
            yield step
            continue
        member, response, beside = step
        yield f"<li>{_article(response, member.number, active=response.response_id in active)}\n"
        if beside is not None:
            words = _inline(shortened(beside.message, 60))
            summary = f"{_n(len(member.others), 'other')} in its place: <bdi>{words}</bdi>"
            yield f'<details class="others"><summary>{summary}</summary>\n'


def _steps(outline: Outline) -> Iterator[str | Member]:
    """Yield all runs; those beside a response stand inside it, so what is open waits on a stack."""
    waiting: list[str | Member] = []

    def begin(first: int) -> None:
        waiting.extend(("</ol>\n", Member(first, []), "<ol>\n"))

    for root in reversed(outline.roots):
        begin(root)
    while waiting:
        step = waiting.pop()
        yield step
        if isinstance(step, str):
            continue
        following = outline.following(step.number)
        if following is not None:
            waiting.append(Member(following, outline.beside(step.number)))
        waiting.append("</li>\n")
        if step.others:
            waiting.append("</details>\n")
            for other in reversed(step.others):
                begin(other)


def _article(one: Response, number: int, *, active: bool) -> str:
    parts = [
        f'<article class="{one.sender}{" active" if active else ""}">',
        f"<header><b>{number + 1} \u00b7 {one.sender}</b>{_about(one)}</header>",
    ]
    if one.reasoning:
        parts.append(
            f"<details><summary>thought: {_inline(shortened(one.reasoning, 60))}</summary>"
            f"{_text(one.reasoning)}</details>"
        )
    if one.message:
        parts.append(_text(one.message))
    parts += [
        f"<details><summary>calls {_inline(call.name)}</summary>"
        f'<pre dir="auto">{_escaped(call.arguments)}</pre></details>'
        for call in one.tool_calls
    ]
    parts += [
        f'<p class="about">attached: {_link(file.url, file.name or file.url or file.file_id)}</p>'
        for file in one.attachments
    ]
    parts += [
        f'<p class="about">source: {_link(source.url, source.title or source.url)}</p>'
        for source in one.citations
    ]
    if one.marks.note:
        parts.append(f"<details open><summary>note</summary>{_text(one.marks.note)}</details>")
    parts.append("</article>")
    return "".join(parts)


def _about(one: Response) -> str:
    about = [one.model_name] if one.model_name else []
    about += ["\u2605"] if one.marks.starred else []
    about += ["cut off"] if one.partial else []
    about += one.origin.flags
    about += ["by hand"] if one.manual and one.sender == "assistant" else []
    about += [one.finish_reason] if one.finish_reason not in (None, "stop") else []
    about += [f"{name} {value:g}" for name, value in one.marks.scores.items()]
    about += [f"#{tag}" for tag in one.marks.tags]
    return "".join(f" \u00b7 <bdi>{_inline(str(told))}</bdi>" for told in about)


def _text(text: str) -> str:
    return f'<div class="text" dir="auto">{_escaped(text)}</div>'


def _inline(text: str) -> str:
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    # The parser of a browser turns a carriage return into a line feed.
    return escape(shown(text)).replace("\r", "&#13;")


def _link(url: str, text: str) -> str:
    try:
        sound = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        sound = False
    if not sound:
        return f"<bdi>{_inline(text)}</bdi>"
    rel = "noreferrer noopener nofollow"
    return f'<a href="{_inline(url)}" rel="{rel}"><bdi>{_inline(text)}</bdi></a>'


def _n(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


FORMAT = Format(
    name="html",
    title="one HTML page to read, with folds and without scripts",
    suffix=".html",
    write=_write,
    options=VIEW,
    losses=(
        *TEXT_LOSSES,
        "response_id, parent_response_id, create_time of responses, settings, usage, timing",
        "origin but flags, logprobs, query, query_type, tool_call_id, encrypted_reasoning, shared",
        "files themselves",
        "all fields of the conversation but title, starred, create_time and system_prompt",
    ),
)
