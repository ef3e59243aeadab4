"""Markdown: a forest as runs of responses, or one path.

Texts are quoted and shown as the Markdown that they are, without HTML, images, and links other
than to the web; or ``texts=verbatim`` shows every character in a code block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from grok_tree.forest import Forest, Response
from grok_tree.formats._format import Format, Option
from grok_tree.formats.pictures._runs import Member, Outline, Run, fetched
from grok_tree.formats.pictures._showing import (
    TEXT_LOSSES,
    VIEW,
    check_found,
    kept,
    shown,
    title_of,
)

_PUNCTUATION = re.compile(r"([\\`*_\[\]<>~&$|#!])")
_LINE_END = re.compile(r"\r\n|\r|\n")
# A backslash that is there already would undo ours.
_TAG = re.compile(r"(?<!\\)((?:\\\\)*)<(?=[A-Za-z/!?])")
_IMAGE = re.compile(r"!(?=\[)")
_LINK = re.compile(r"\]\((?!\s*<?(?:https?://|mailto:|#))", re.IGNORECASE)
_REFERENCE = re.compile(r"\](?=:)")
_TICKS = re.compile(r"`+")

_TEXTS = Option(
    name="texts",
    choices=("quoted", "verbatim"),
    help="quoted: as the Markdown that they are, without HTML, images, and links but to the web;"
    " verbatim: every character, in a block of code",
)


def _write(
    forests: Iterable[Forest], file: BinaryIO, *, paths: str, score: str, response: str, texts: str
) -> int:
    written = 0
    for forest in forests:
        shown_ones = kept(forest, paths=paths, score=score, response=response)
        n_shown = sum(shown_ones)
        if response and not n_shown:
            continue
        if written:
            file.write(b"\n---\n\n")
        for part in _parts(forest, Outline(forest.parent_numbers, shown_ones), texts):
            file.write(part.encode())
        written += n_shown
    check_found(response, written)
    return written


def _parts(forest: Forest, outline: Outline, texts: str) -> Iterator[str]:
    conversation = forest.conversation
    yield f"# {inline(title_of(forest))}{' ★' if conversation.starred else ''}\n"
    if conversation.system_prompt:
        yield f"\n**system prompt**\n\n{_block(conversation.system_prompt, texts)}"
    for step in fetched(forest, _steps(outline)):
        if isinstance(step, str):
            yield step
            continue
        member, response, _ = step
        yield from _response(response, member.number, texts)
        if member.others:
            numbers = ", ".join(str(other + 1) for other in member.others)
            yield f"\n*In its place: {numbers}*\n"


def _steps(outline: Outline) -> Iterator[str | Member]:
    for run in outline.runs():
        yield from _heading(run)
        yield from outline.members(run.first)


def _heading(run: Run) -> Iterator[str]:
    if run.beside is not None:
        yield f"\n## {run.first + 1}, in the place of {run.beside + 1}\n"
    elif run.number > 1:
        yield f"\n## {run.first + 1}, another beginning\n"


def _response(one: Response, number: int, texts: str) -> Iterator[str]:
    about = [f"**{number + 1} · {one.sender}**"]
    about += [inline(one.model_name)] if one.model_name else []
    about += ["cut off"] if one.partial else []
    about += [inline(flag) for flag in one.origin.flags]
    about += ["★"] if one.marks.starred else []
    about += [f"{inline(name)} {value:g}" for name, value in one.marks.scores.items()]
    about += [inline(tag) for tag in one.marks.tags]
    yield f"\n{' · '.join(about)}\n"
    if one.reasoning:
        yield f"\n*thought*\n\n{_block(one.reasoning, texts, mark='> > ')}"
    if one.message:
        yield f"\n{_block(one.message, texts)}"
    for call in one.tool_calls:
        yield f"\n*calls {inline(call.name)}*\n\n{_block(call.arguments, 'verbatim')}"
    for attachment in one.attachments:
        yield f"\n*attached: {inline(attachment.name or attachment.url or attachment.file_id)}*\n"
    if one.marks.note:
        yield f"\n*note*\n\n{_block(one.marks.note, texts)}"


def inline(text: str) -> str:
    """Return a text on one line that means nothing in Markdown."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(shown(text).split()))


def _block(text: str, texts: str, mark: str = "> ") -> str:
    """Return a text that cannot leave its block."""
    lines = _LINE_END.split(shown(text))
    if texts == "verbatim":
        longest = max((len(one) for one in _TICKS.findall(text)), default=0)
        fence = "`" * max(3, longest + 1)
        lines = [fence, *lines, fence]
    else:
        lines = [_tamed(line) for line in lines]
    return "".join(f"{mark}{line}\n" if line else f"{mark.rstrip()}\n" for line in lines)


def _tamed(line: str) -> str:
    line = _TAG.sub(r"\1\\<", line)
    line = _IMAGE.sub(r"!\\", line)
    line = _LINK.sub(r"]\\(", line)
    return _REFERENCE.sub(r"]\\", line)


FORMAT = Format(
    name="markdown",
    title="Markdown to read: a whole forest, or one path",
    suffix=".md",
    write=_write,
    options=(*VIEW, _TEXTS),
    losses=(
        *TEXT_LOSSES,
        "HTML, images and links but to the web, which are shown as their source",
        "response_id, parent_response_id, times, settings, usage, timing and logprobs",
        "origin but flags",
        "query, query_type, citations, finish_reason, tool_call_id, encrypted_reasoning",
        "manual, shared, and files themselves",
        "all fields of the conversation but title, starred and system_prompt",
    ),
)
