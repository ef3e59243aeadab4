"""What is compressed, read without ever taking more from it than is safe."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from grok_tree.errors import ExtraMissing, InvalidOperationError, MalformedDocument

MAX_RATIO = 200
"""Most bytes that one compressed byte may become, once there are many of them."""
SAFE_BYTES = 32 * 1024 * 1024
"""What may come out of any compressed file, however small."""

MAX_MEMBERS = 100_000
"""Most files in an archive or a folder."""
MAX_DIRECTORY_BYTES = 32 * 1024 * 1024
"""Largest list of the files in an archive."""

_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ZSTANDARD = 93
_ENCRYPTED = 1
_IN_DIRECTORY = b"PK\x01\x02"
_BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
)


class Meter:
    """A compressed file that knows how much was taken from it, and what came out of that."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._taken = 0
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        """Read some of what is compressed."""
        data = self._file.read(size)
        self._taken += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place in what is compressed."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in what is compressed."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Whether one can go to a place."""
        return self._file.seekable()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def give(self, n_bytes: int, name: str) -> None:
        """Count what came out.

        Raises:
            MalformedDocument: It is too much for what was taken.
        """
        self._given += n_bytes
        if self._given > SAFE_BYTES + MAX_RATIO * self._taken:
            raise MalformedDocument(
                f"{name} becomes more than {MAX_RATIO} times as large when it is unpacked: it"
                " looks like an archive that is made to fill memory; unpack it yourself if you"
                " trust it"
            )


class Archive:
    """A ZIP archive, whose files together are bounded.

    Attributes:
        infos: What stands in its list of files, folders and links aside, in order of names.
    """

    def __init__(self, path: Path, name: str) -> None:
        """Open an archive.

        Args:
            path: Where it is.
            name: What it is called in errors.

        Raises:
            MalformedDocument: It is broken, or made to do harm.
        """
        self._name = name
        file = path.open("rb")
        weakref.finalize(self, file.close)
        self._meter = _DirectoryMeter(file, name)
        with _broken(name):
            self._archive = zipfile.ZipFile(cast("IO[bytes]", self._meter))
        every = self._archive.infolist()
        _check_overlap(every, name)
        files = (one for one in every if not (one.is_dir() or _is_link(one)))
        self.infos = sorted(files, key=lambda one: one.filename)

    def open(self, info: zipfile.ZipInfo) -> BinaryIO:
        """Open one of its files.

        Raises:
            MalformedDocument: It cannot be read.
        """
        name = f"{self._name}/{info.filename}"
        if info.flag_bits & _ENCRYPTED:
            raise MalformedDocument(f"{name} is encrypted; unpack it first")
        if info.compress_type == _ZSTANDARD:
            with _broken(name):
                return bounded(_unpacked_zstandard(self._archive, info, name), self._meter, name)
        if info.compress_type not in _READ_METHODS:
            raise MalformedDocument(
                f"{name} is compressed by the method {info.compress_type}, which is not read here;"
                " unpack it first"
            )
        with _broken(name):
            return bounded(self._archive.open(info), self._meter, name)


def unpacked_gzip(file: BinaryIO, name: str) -> BinaryIO:
    """Return what a file holds that is compressed with gzip; closing it closes the file."""
    meter = Meter(file)
    unpacked = gzip.GzipFile(fileobj=cast("IO[bytes]", meter))
    unpacked.myfileobj = cast("io.FileIO", meter)  # so that both are closed as one
    return bounded(unpacked, meter, name)


def _unpacked_zstandard(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> BinaryIO:
    """Return a reader of a file that is compressed with Zstandard, which `zipfile` cannot read."""
    try:
        import zstandard
    except ImportError:
        raise ExtraMissing(
            f"{name} is compressed with Zstandard, and reading that needs an extra; run:"
            " python -m pip install 'grok-tree[formats]'"
        ) from None
    kept = copy(info)
    # So that its bytes are given as they are kept, with nothing to check them against.
    kept.compress_type, kept.file_size = zipfile.ZIP_STORED, info.compress_size
    del kept.CRC
    unpacker = zstandard.ZstdDecompressor(max_window_size=SAFE_BYTES)
    unpacked = unpacker.stream_reader(archive.open(kept), read_across_frames=True)
    return cast("BinaryIO", _Checked(unpacked, info.CRC, zstandard.ZstdError))


class _Checked:
    """Compares what comes out of a decompressor with the sum that the archive has of it."""

    def __init__(self, inner: Any, due: int, broken: type[Exception]) -> None:
        self._inner = inner
        self._due = due
        self._broken = broken
        self._sum = 0

    def read(self, size: int) -> bytes:
        try:
            data: bytes = self._inner.read(size)
        except self._broken as error:
            raise zipfile.BadZipFile(str(error)) from None
        self._sum = zlib.crc32(data, self._sum)
        if not data and self._sum != self._due:
            raise zipfile.BadZipFile("its contents have another checksum")
        return data

    def close(self) -> None:
        self._inner.close()


def bounded(inner: Any, meter: Meter, name: str) -> BinaryIO:
    """Return a reader of what comes out of a decompressor, as long as that is not too much."""
    return io.BufferedReader(_Bounded(inner, meter, name), 1 << 16)


@contextmanager
def reported(name: object) -> Iterator[None]:
    """Raise what the system says of a file as an error of ours.

    Raises:
        InvalidOperationError: It cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise InvalidOperationError(f"{name} cannot be read: {error.strerror or error}") from None


@contextmanager
def _broken(name: str) -> Iterator[None]:
    """Raise what decompressors say as an error of ours."""
    try:
        yield
    except MalformedDocument:
        raise
    except _BROKEN as error:
        raise MalformedDocument(
            f"{name} cannot be unpacked: {error}; it is broken, so copy or export it again"
        ) from None


class _DirectoryMeter(Meter):
    """Refuses a list of files that is too long before it becomes many objects."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file)
        self._name = name

    def read(self, size: int = -1) -> bytes:
        data = super().read(min(size, MAX_DIRECTORY_BYTES))
        if size > MAX_DIRECTORY_BYTES or data.count(_IN_DIRECTORY) > MAX_MEMBERS:
            raise MalformedDocument(
                f"{self._name} holds more than {MAX_MEMBERS:,} files; at most that many are read"
            )
        return data


class _Bounded(io.RawIOBase):
    def __init__(self, inner: BinaryIO, meter: Meter, name: str) -> None:
        self._inner = inner
        self._meter = meter
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _broken(self._name):
            data: bytes = self._inner.read(len(buffer))
        self._meter.give(len(data), self._name)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _check_overlap(infos: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse files that share bytes, by which a small archive becomes a large one."""
    why = "its files overlap, as in an archive that is made to do harm"
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise MalformedDocument(f"{name} cannot be read: {why}")
        end = info.header_offset + info.compress_size


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> 16)
