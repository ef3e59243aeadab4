"""Chats of SillyTavern: one file a chat, or a folder where branches stand beside their main chat.

A branch or a checkpoint is a file of its own that repeats the chat up to where it left it. Files
of one main chat become one tree again: what is the same from the beginning on is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grok_tree.errors import MalformedDocument
from grok_tree.forest import NO_PARENT
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, json_lines, raw_json
from grok_tree.formats._lines import MAX_LINE_BYTES
from grok_tree.formats._linking import break_cycles, ordered
from grok_tree.formats._loose import name_of, object_of, raw_with
from grok_tree.formats._opening import HEAD_BYTES, Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode
from grok_tree.formats.chats._sillytavern_lines import Message, message_of, time_of

LINES = "line_skipped: {file} has lines that are no messages; passed over ({n}): {numbers}"

_NAMES = r".*\.jsonl"
_HEADER = frozenset(("user_name", "character_name", "chat_metadata"))
_LOOKED_AT = 50
"""How many files of a folder are opened to tell whether they are chats."""
_NAMED_LINES = 10


@dataclass(frozen=True)
class _File:
    """A chat of a folder; of its contents, only the first line is held."""

    opened: Opened
    first: dict[str, Any]

    @property
    def name(self) -> str:
        """What the program calls the chat."""
        return self.opened.name.removesuffix(".gz").removesuffix(".jsonl")

    @property
    def known_as(self) -> tuple[Path | None, str, str]:
        """What tells it from chats of its name, which other characters may have."""
        return (*self._character, self.name)

    @property
    def main(self) -> tuple[Path | None, str, str] | None:
        """What the chat is known as that it branched off."""
        main = object_of(self.first.get("chat_metadata")).get("main_chat")
        return (*self._character, main) if isinstance(main, str) else None

    @property
    def _character(self) -> tuple[Path | None, str]:
        path = self.opened.path
        return None if path is None else path.parent, name_of(self.first.get("character_name"))


def _detect(source: Opened) -> bool:
    if source.is_folder or source.is_archive:
        return any(True for _ in _chats(source.matching(_NAMES)[:_LOOKED_AT]))
    return _is_chat(source.first)


def _is_chat(first: dict[str, Any]) -> bool:
    if {"name", "is_user", "mes"} <= first.keys():
        return True  # old chats of groups have no header
    return "mes" not in first and not _HEADER.isdisjoint(first)


def _chats(files: Iterable[Opened]) -> Iterator[_File]:
    """Yield those files that are chats."""
    for one in files:
        try:
            with one.open() as content:
                _, line = next(json_lines(content, longest=HEAD_BYTES), (0, b"{}"))
            first = decoded_json(line, dict[str, Any])
        except MalformedDocument:
            continue
        if _is_chat(first):
            yield _File(one, first)


def _read(source: Opened) -> Iterator[Found]:
    if source.is_folder or source.is_archive:
        families = _families(list(_chats(source.matching(_NAMES))))
    else:
        families = [[_File(source, {})]]
    for index, family in enumerate(families):
        yield _chat(family, index)


def _families(files: Sequence[_File]) -> list[list[_File]]:
    """Return the files of each main chat, every one after the one it branched off."""
    places = {one.known_as: place for place, one in reversed(list(enumerate(files)))}
    mains = [NO_PARENT if one.main is None else places.get(one.main, NO_PARENT) for one in files]
    break_cycles(mains, [[] for _ in files])
    families: dict[int, list[_File]] = {}
    first: dict[int, int] = {}
    for place in ordered(range(len(files)), mains):
        first[place] = first.get(mains[place], place)
        families.setdefault(first[place], []).append(files[place])
    return [families[place] for place in sorted(families)]


def _chat(family: Sequence[_File], index: int) -> Found:
    tree = _Tree()
    for one in family:
        try:
            tree.add(one)
        except MalformedDocument as error:
            if one is family[0]:
                return Skipped(index, one.name, str(error))
            tree.repairs.append(f"file_skipped: {one.opened.name} was passed over: {error}")
    return tree.conversation(family[0].name)


@dataclass
class _Tree:
    """The files of one main chat, as they are put together."""

    nodes: list[SourceNode] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    leaf: int = NO_PARENT
    children: dict[tuple[int, str, str], list[int]] = field(default_factory=dict)

    def add(self, file: _File) -> None:
        """Put the messages of a file where they belong."""
        is_main, at = not self.headers, NO_PARENT
        facts = {} if is_main else {"file": file.name}
        header: dict[str, Any] | None = None
        skipped: list[int] = []
        with file.opened.open() as content:
            for number, line in json_lines(content, longest=MAX_LINE_BYTES):
                mended: list[str] = []
                try:
                    value = decoded_json(line, dict[str, Any], mended)
                    if header is None:
                        header = {} if "mes" in value else value
                        if header is value:
                            self.repairs += mended
                            continue
                    at = self._message(message_of(value, facts, mended), at, file.name)
                except MalformedDocument:
                    skipped.append(number)
        self.headers.setdefault(file.name, header or {})
        if is_main:
            self.leaf = at
        if skipped:
            numbers = ", ".join(map(str, skipped[:_NAMED_LINES]))
            numbers += ", ..." if len(skipped) > _NAMED_LINES else ""
            told = LINES.format(n=len(skipped), file=file.opened.name, numbers=numbers)
            self.repairs.append(told)

    def _message(self, message: Message, at: int, file: str) -> int:
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
            else:
                _keep_copy(self.nodes[same[number]], one, file)
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


def _keep_copy(one: SourceNode, copy: SourceNode, file: str) -> None:
    """Keep what a file says of a message otherwise than the file that it is known from."""
    if copy.raw == one.raw:
        return
    known = decoded_json((one.raw or "{}").encode(), dict[str, Any])
    told = decoded_json((copy.raw or "{}").encode(), dict[str, Any])
    if new := {name: value for name, value in told.items() if known.get(name) != value}:
        copies = object_of(known.get("copies"))
        one.raw = raw_json({**known, "copies": {**copies, file: new}})


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
