"""What is to be read: a file, an archive or a folder, never more of it than is safe.

Nothing is ever unpacked to disk, so no name inside an archive can lead anywhere. What is
compressed is read up to a bound that honest exports stay far below.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

from grok_tree.errors import InvalidOperationError, MalformedDocument
from grok_tree.formats._json import BYTE_ORDER_MARK

HEAD_BYTES = 256 * 1024
"""How much of a file is looked at to tell its format."""

MAX_RATIO = 200
"""Most bytes that one compressed byte may become, once there are many of them."""
SAFE_BYTES = 64 * 1024 * 1024
"""What may come out of any compressed file, however small."""

MAX_MEMBERS = 100_000
"""Most files in an archive or a folder."""

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
        n_bytes: int = 0,
    ) -> None:
        """Look at something.

        Args:
            name: Its file name.
            path: Where it is on disk.
            opener: Opens it where it is not on disk.
            n_bytes: Then, how large it is as it is kept.
        """
        self.name = name
        self.path = path
        self._opener = opener
        self._n_bytes = n_bytes

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
        file = self._open_kept()
        if self._start.startswith(_GZIP):
            compressed = self.path.stat().st_size if self.path else self._n_bytes
            unpacked = gzip.GzipFile(fileobj=file)
            unpacked.myfileobj = cast("io.FileIO", file)  # so that both are closed as one
            return _bounded(unpacked, compressed, self.name)
        return file

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
        return self.path.open("rb")

    @cached_property
    def _start(self) -> bytes:
        with self._open_kept() as file:
            return file.read(16)

    def _members(self) -> Iterator[Opened]:
        assert self.path is not None
        try:
            archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise MalformedDocument(
                f"{self.name} cannot be read: it is a broken archive ({error}); copy it again"
            ) from None
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MAX_MEMBERS:
            raise MalformedDocument(
                f"{self.name} holds {len(infos):,} files; at most {MAX_MEMBERS:,} are read"
            )
        for info in sorted(infos, key=lambda one: one.filename):
            yield self._member(archive, info)

    def _member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Opened:
        name = f"{self.name}/{info.filename}"

        def open_member() -> BinaryIO:
            try:
                return _bounded(archive.open(info), info.compress_size, name)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                raise MalformedDocument(f"{name} cannot be read: {error}") from None

        short = info.filename.rsplit("/", 1)[-1]
        return Opened(short, opener=open_member, n_bytes=info.compress_size)


@contextmanager
def opened(source: str | os.PathLike[str] | BinaryIO) -> Iterator[Opened]:
    """Look at a path, or at an open file, which is copied to disk if it cannot be read twice.

    Raises:
        InvalidOperationError: There is nothing at the path.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if not path.exists():
            raise InvalidOperationError(f"there is no file {path}; name one that is there")
        yield Opened(path.name, path=path)
        return
    with tempfile.NamedTemporaryFile(prefix="grok-tree-import-") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        name = Path(str(getattr(source, "name", ""))).name
        yield Opened(name, path=Path(copy.name))


class _Bounded(io.RawIOBase):
    """Reads what is compressed, up to a bound."""

    def __init__(self, inner: BinaryIO, bound: int, name: str) -> None:
        self._inner = inner
        self._left = bound
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._inner.read(len(buffer))
        except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
            raise MalformedDocument(f"{self._name} cannot be read: {error}") from None
        except Exception as error:
            if type(error).__module__ not in ("zlib", "_lzma", "lzma"):
                raise
            raise MalformedDocument(f"{self._name} cannot be read: {error}") from None
        self._left -= len(data)
        if self._left < 0:
            raise MalformedDocument(
                f"{self._name} becomes more than {MAX_RATIO} times as large when it is unpacked:"
                " it looks like an archive that is made to fill memory; unpack it yourself if you"
                " trust it"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _bounded(inner: Any, compressed: int, name: str) -> BinaryIO:
    bound = max(SAFE_BYTES, MAX_RATIO * compressed)
    return io.BufferedReader(_Bounded(inner, bound, name), 1 << 16)


def _walk(folder: Path) -> list[Path]:
    found: list[Path] = []
    for root, _, names in os.walk(folder):
        found += [Path(root, name) for name in names if not Path(root, name).is_symlink()]
        if len(found) > MAX_MEMBERS:
            raise MalformedDocument(
                f"{folder} holds more than {MAX_MEMBERS:,} files; name the one to read"
            )
    return sorted(path for path in found if path.is_file())


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
