"""Chats of SillyTavern: one file a chat, or a folder where branches stand beside their main chat.

A branch or a checkpoint is a file of its own that repeats the chat up to where it left it. Files
of one main chat become one tree again: what is the same from the beginning on is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from grok_tree.errors import MalformedDocument
from grok_tree.forest import NO_PARENT
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, json_lines
from grok_tree.formats._lines import MAX_LINE_BYTES
from grok_tree.formats._linking import break_cycles, ordered
from grok_tree.formats._loose import name_of, object_of, raw_with
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode
from grok_tree.formats.chats._sillytavern_lines import Message, message_of, time_of

LINES = "line_skipped: {n} lines of {file} are no messages and were passed over: {numbers}"

_LOOKED_AT = 50
"""How many files of a folder are opened to tell whether they are chats."""
_NAMED_LINES = 10


def _detect(source: Opened) -> bool:
    if source.is_folder or source.is_archive:
        return any(_is_chat(one) for one in islice(source.matching(r".*\.jsonl"), _LOOKED_AT))
    return _is_chat(source)


def _is_chat(source: Opened) -> bool:
    first = source.first
    if {"name", "is_user", "mes"} <= first.keys():
        return True  # old chats of groups have no header
    return "mes" not in first and not {"user_name", "character_name", "chat_metadata"}.isdisjoint(
        first
    )


def _read(source: Opened) -> Iterator[Found]:
    if source.is_folder or source.is_archive:
        files = [one for one in source.matching(r".*\.jsonl") if _is_chat(one)]
    else:
        files = [source]
    for index, family in enumerate(_families(files)):
        yield _chat(family, index)


def _families(files: Sequence[Opened]) -> list[list[Opened]]:
    """Return the files of each main chat, every one after the one it branched off."""
    places = {_name(one): place for place, one in reversed(list(enumerate(files)))}
    mains = [places.get(_main_name(one), NO_PARENT) for one in files]
    break_cycles(mains, [[] for _ in files])
    families: dict[int, list[Opened]] = {}
    first: dict[int, int] = {}
    for place in ordered(range(len(files)), mains):
        first[place] = first.get(mains[place], place)
        families.setdefault(first[place], []).append(files[place])
    return [families[place] for place in sorted(families)]


def _name(file: Opened) -> tuple[Path | None, str, str]:
    """Return what tells a chat from others of its name, which other characters may have."""
    folder = None if file.path is None else file.path.parent
    return folder, name_of(file.first.get("character_name")), _stem(file)


def _main_name(file: Opened) -> tuple[Path | None, str, str]:
    """Return the name of the chat that a file branched off; a main chat names none."""
    main = object_of(file.first.get("chat_metadata")).get("main_chat")
    return (*_name(file)[:2], name_of(main))


def _stem(file: Opened) -> str:
    return file.name.removesuffix(".gz").removesuffix(".jsonl")


def _chat(family: Sequence[Opened], index: int) -> Found:
    tree = _Tree()
    for one in family:
        try:
            tree.add(one)
        except MalformedDocument as error:
            if one is family[0]:
                return Skipped(index, _stem(one), str(error))
            tree.repairs.append(f"file_skipped: {one.name} was passed over: {error}")
    return tree.conversation(_stem(family[0]))


@dataclass
class _Tree:
    """The files of one main chat, as they are put together."""

    nodes: list[SourceNode] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    leaf: int = NO_PARENT
    children: dict[tuple[int, str, str], list[int]] = field(default_factory=dict)

    def add(self, file: Opened) -> None:
        """Put the messages of a file where they belong."""
        name, at = _stem(file), NO_PARENT
        facts = {"file": name} if self.headers else {}
        skipped: list[int] = []
        with file.open() as content:
            for number, line in json_lines(content, longest=MAX_LINE_BYTES):
                mended: list[str] = []
                try:
                    value = decoded_json(line, dict[str, Any], mended)
                    if name not in self.headers:
                        self.headers[name] = {} if "mes" in value else value
                        if "mes" not in value:
                            self.repairs += mended
                            continue
                    at = self._message(message_of(value, facts, mended), at)
                except MalformedDocument:
                    skipped.append(number)
        self.headers.setdefault(name, {})
        if len(self.headers) == 1:
            self.leaf = at
        if skipped:
            numbers = ", ".join(map(str, skipped[:_NAMED_LINES]))
            numbers += ", ..." if len(skipped) > _NAMED_LINES else ""
            self.repairs.append(LINES.format(n=len(skipped), file=file.name, numbers=numbers))

    def _message(self, message: Message, at: int) -> int:
        """Add a message under a node, or find it there; return the place of what was chosen."""
        seen: Counter[str] = Counter()
        places = []
        for one in message.variants:
            same = self.children.setdefault((at, one.said.sender, one.said.message), [])
            # Equal variants of one message are several samples; the next of them is meant.
            number = seen[one.said.message]
            seen[one.said.message] += 1
            if number == len(same):
                one.parent = None if at == NO_PARENT else at
                same.append(len(self.nodes))
                self.nodes.append(one)
            places.append(same[number])
        return places[message.active]

    def conversation(self, name: str) -> SourceConversation:
        """Return all files as one conversation, called after the first."""
        header = next(iter(self.headers.values()))
        if self.nodes:
            self.nodes[0].raw = raw_with(self.nodes[0].raw, "chats", self.headers)
        return SourceConversation(
            nodes=self.nodes,
            key=_key(name, header),
            title=name or name_of(header.get("character_name")),
            create_time=time_of(header.get("create_date")),
            leaf=None if self.leaf == NO_PARENT else self.leaf,
            repairs=tuple(self.repairs),
        )


def _key(name: str, header: dict[str, Any]) -> str | None:
    """Return what names a chat for good; a branch may have all of its main chat's header."""
    metadata = object_of(header.get("chat_metadata"))
    if integrity := name_of(metadata.get("integrity")):
        return f"{integrity} {name}" if metadata.get("main_chat") else integrity
    created = header.get("create_date")
    return f"{name} {created}" if isinstance(created, str | int) else None


FORMAT = Format(
    name="sillytavern",
    title="Chats of SillyTavern (JSON Lines, or a folder with branches)",
    detect=_detect,
    read=_read,
)
