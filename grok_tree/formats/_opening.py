"""What is to be read: a file, an archive or a folder, never more of it than is safe.

Nothing is ever unpacked to disk, so no name inside an archive can lead anywhere. What is
compressed is read up to a bound that honest exports stay far below.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO

from grok_tree.errors import InvalidOperationError, MalformedDocument
from grok_tree.forest import repaired_text
from grok_tree.formats._archives import MAX_MEMBERS, Archive, reported, unpacked_gzip
from grok_tree.formats._json import BYTE_ORDER_MARK

HEAD_BYTES = 256 * 1024
"""How much of a file is looked at to tell its format."""

_DEEPEST_KEY = 5
_GZIP, _ZIP, SQLITE = b"\x1f\x8b", b"PK\x03\x04", b"SQLite format 3\x00"


class Opened:
    """A file, archive or folder that is being looked at.

    Attributes:
        name: Its file name, without folders; empty for a stream.
        path: Where it is on disk; None inside an archive.
    """

    def __init__(
        self,
        name: str,
        *,
        path: Path | None = None,
        opener: Callable[[], BinaryIO] | None = None,
    ) -> None:
        """Look at something.

        Args:
            name: Its file name.
            path: Where it is on disk.
            opener: Opens it where it is not on disk.
        """
        self.name = repaired_text(name)
        self.path = path
        self._opener = opener

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path is not None and self.path.is_dir()

    @cached_property
    def is_archive(self) -> bool:
        """Whether it is a ZIP archive."""
        return self.path is not None and not self.is_folder and self._start.startswith(_ZIP)

    @cached_property
    def is_sqlite(self) -> bool:
        """Whether it is an SQLite database."""
        return self.head.startswith(SQLITE)

    def open(self) -> BinaryIO:
        """Open the contents from the beginning; gzip is taken off."""
        packed = self._start.startswith(_GZIP)
        file = self._open_kept()
        return unpacked_gzip(file, self.name) if packed else file

    @cached_property
    def head(self) -> bytes:
        """The first part of the contents, without a byte order mark; empty for a folder."""
        if self.is_folder:
            return b""
        with self.open() as file:
            return file.read(HEAD_BYTES).removeprefix(BYTE_ORDER_MARK)

    @cached_property
    def first(self) -> dict[str, Any]:
        """The object on the first line that is not blank, if that is one: so JSON Lines begin."""
        line = self.head.lstrip().split(b"\n", 1)[0]
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of its JSON as far as `head` goes, with the keys above them.

        Parts are joined by dots, and an array's elements are called ``item``, as in
        ``item.mapping`` or ``conversations.item.responses``.
        """
        return frozenset(_keys_in(self.head))

    @cached_property
    def files(self) -> list[Opened]:
        """What is in it, in order of names; of a file itself, that file alone."""
        if self.is_folder:
            assert self.path is not None
            return [Opened(one.name, path=one) for one in _walk(self.path)]
        if self.is_archive:
            return list(self._members())
        return [self]

    def matching(self, pattern: str) -> list[Opened]:
        """Return those of `files` whose names match a regular expression as a whole."""
        return [one for one in self.files if re.fullmatch(pattern, one.name)]

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Give a path under which it can be read for a while, for libraries that need one."""
        if self.path is not None and not self._start.startswith(_GZIP):
            yield self.path
            return
        with tempfile.NamedTemporaryFile(prefix="grok-tree-import-") as copy:
            with self.open() as file:
                shutil.copyfileobj(file, copy)
            copy.flush()
            yield Path(copy.name)

    def _open_kept(self) -> BinaryIO:
        if self._opener is not None:
            return self._opener()
        assert self.path is not None
        with reported(self.path):
            return self.path.open("rb")

    @cached_property
    def _start(self) -> bytes:
        with self._open_kept() as file, reported(self.name):
            return file.read(16)

    def _members(self) -> Iterator[Opened]:
        assert self.path is not None
        archive = Archive(self.path, self.name)
        for info in archive.infos:
            yield Opened(info.filename.rsplit("/", 1)[-1], opener=partial(archive.open, info))


@contextmanager
def opened(source: str | os.PathLike[str] | BinaryIO) -> Iterator[Opened]:
    """Look at a path, or at an open file, which is copied to disk if it cannot be read twice.

    Raises:
        InvalidOperationError: There is nothing at the path.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        _check_kind(path)
        yield Opened(path.name, path=path)
        return
    with tempfile.NamedTemporaryFile(prefix="grok-tree-import-") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        name = Path(str(getattr(source, "name", ""))).name
        yield Opened(name, path=Path(copy.name))


def _check_kind(path: Path) -> None:
    """Refuse what is not there, and what might never end or never begin."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        raise InvalidOperationError(f"there is no file {path}; name one that is there") from None
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InvalidOperationError(
            f"{path} is neither a file nor a folder; write what comes out of it to a file first"
        )


def _walk(folder: Path) -> list[Path]:
    found: list[Path] = []
    folders, n_seen = [folder], 0
    while folders:
        with reported(folders[-1]), os.scandir(folders.pop()) as entries:
            for entry in entries:
                n_seen += 1
                if n_seen > MAX_MEMBERS:
                    raise MalformedDocument(
                        f"{folder} holds more than {MAX_MEMBERS:,} files; name the one to read"
                    )
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    found.append(Path(entry.path))
    return sorted(found)


def _keys_in(head: bytes) -> Iterator[str]:
    import ijson

    if head.lstrip()[:1] not in (b"{", b"["):
        return
    # The names of what is open; ijson's own would grow with the depth of a hostile file.
    above: list[str] = [""]
    try:
        for event, value in ijson.basic_parse(io.BytesIO(head), buf_size=4096):
            if event == "map_key":
                above[-1] = value
                if len(above) <= _DEEPEST_KEY + 2:
                    yield ".".join(above[1:])
            elif event in ("start_map", "start_array"):
                above.append("" if event == "start_map" else "item")
            elif event in ("end_map", "end_array"):
                above.pop()
    except (ijson.JSONError, ValueError):
        return  # the head ends somewhere, or it is no JSON: what came before is what we know
