"""H2 and H6: files, archives and folders that are made to do harm are refused, soon and small."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import stat
import struct
import subprocess
import sys
import textwrap
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard

from grok_tree.errors import GrokTreeError, InvalidOperationError, MalformedDocument
from grok_tree.formats import opened, read_all
from grok_tree.formats._archives import MAX_MEMBERS
from tests.patience import PATIENCE_S

CONVERSATION = {
    "id": "c",
    "title": "A title",
    "mapping": {
        "root": {"message": None, "parent": None},
        "m": {
            "message": {"author": {"role": "user"}, "content": {"parts": ["hello"]}},
            "parent": "root",
        },
    },
}
EXPORT = json.dumps([CONVERSATION]).encode()

MEASURED = textwrap.dedent(
    """
    import sys
    from grok_tree.formats import read_all
    from grok_tree.formats._registry import known_formats
    known_formats()
    def peak():  # not that of getrusage, which is inherited from who started the process
        with open("/proc/self/status") as file:
            return int(file.read().partition("VmHWM:")[2].split()[0])
    before = peak()
    try:
        n_found = sum(1 for _ in read_all(sys.argv[1], *sys.argv[2:]))
        print("read", n_found)
    except Exception as error:
        print(type(error).__name__, error)
    print((peak() - before) / 1024)
    """
)


def measured(path: Path, *format: str) -> tuple[str, float]:
    """Read a file in a process of its own; return what it said, and how many MiB more it took."""
    command = [sys.executable, "-c", MEASURED, str(path), *format]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    *said, mebibytes = done.stdout.strip().split("\n")
    return "\n".join(said), float(mebibytes)


def refused(path: Path | io.BytesIO) -> str:
    """Return what a file is refused with."""
    with pytest.raises(GrokTreeError) as caught:
        list(read_all(path))
    return str(caught.value)


def zipped(path: Path, files: dict[str, bytes | None], **options: Any) -> Path:
    """Make an archive; None makes a symbolic link."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = archive.compression
            if data is None:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, b"/etc/passwd" if data is None else data)
    return path


def n_nodes(path: Path) -> list[int]:
    """Return the number of responses of each conversation."""
    return [len(one.responses) for one in read_all(path) if not hasattr(one, "reason")]


def zeros_deflated(n_bytes: int) -> bytes:
    """Return what becomes zeros, a thousand times as many, made without having them."""
    return deflated(b"", b"\0", n_bytes)


def deflated(begin: bytes, byte: bytes, n_bytes: int) -> bytes:
    """Return what becomes one byte again and again after a beginning."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(begin) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(byte * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (n_bytes >> 20) + packer.flush()


def listed(name: bytes, packed: bytes, *, offset: int, size: int, method: int = 8) -> bytes:
    """Return the line of a file in the directory of an archive."""
    fields = (20, 20, 0, method, 0, 0, 0, len(packed), size, len(name), 0, 0, 0, 0, 0, offset)
    return struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields) + name


def local(name: bytes, packed: bytes, *, size: int, method: int = 8) -> bytes:
    """Return a file as it stands in an archive."""
    fields = (20, 0, method, 0, 0, 0, len(packed), size, len(name), 0)
    return struct.pack("<4s5H3I2H", b"PK\3\4", *fields) + name + packed


def ended(directory: bytes, n_files: int, offset: int) -> bytes:
    """Return a directory with its end."""
    n_told = min(n_files, 65_535)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, n_told, n_told, len(directory), offset, 0)
    return directory + end


def gzip_bomb(folder: Path) -> Path:
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    path = folder / "conversations.json"
    path.write_bytes(head + zeros_deflated(2 << 30))
    return path


def gzip_bomb_of_json(folder: Path) -> Path:
    """Return a text that never ends, of which the beginning looks like a conversation."""
    path = folder / "conversations.json"
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    path.write_bytes(head + deflated(b'[{"mapping": {"a": {"message": {"id": "', b"x", 200 << 20))
    return path


def zip_bomb(folder: Path) -> Path:
    return zip_of_packed(folder, zeros_deflated(2 << 30), 2 << 30, method=8)


def zip_of_packed(folder: Path, packed: bytes, size: int, *, method: int) -> Path:
    """Make an archive of one file that is compressed already."""
    path = folder / "export.zip"
    name = b"conversations.json"
    data = local(name, packed, size=size, method=method)
    directory = listed(name, packed, offset=0, size=size, method=method)
    path.write_bytes(data + ended(directory, 1, len(data)))
    return path


def zstandard_bomb(folder: Path) -> Path:
    packed = zstandard.ZstdCompressor().compress(bytes(300 << 20))
    return zip_of_packed(folder, packed, 300 << 20, method=93)


def zstandard_of_very_many_frames(folder: Path) -> Path:
    packed = zstandard.ZstdCompressor().compress(b"") * 300_000
    return zip_of_packed(folder, packed, 100, method=93)


def zstandard_of_a_wide_window(folder: Path) -> Path:
    parameters = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True)
    packed = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = packed.compress(EXPORT) + packed.flush()
    return zip_of_packed(folder, data, len(EXPORT), method=93)


def zip_that_lies_about_sizes(folder: Path) -> Path:
    """Return a bomb that says it is large before it is unpacked, and small afterwards."""
    path = folder / "export.zip"
    packed = zeros_deflated(1 << 30)
    name = b"conversations.json"
    data = local(name, packed, size=100)
    directory = listed(name, bytes(10) * len(packed), offset=0, size=0xFFFFFFF0)
    path.write_bytes(data + ended(directory, 1, len(data)))
    return path


def zip_of_overlapping_files(folder: Path) -> Path:
    path = folder / "export.zip"
    packed = zeros_deflated(32 << 20)
    name = b"conversations.json"
    data = local(name, packed, size=32 << 20)
    directory = listed(name, packed, offset=0, size=32 << 20) * 1_000
    path.write_bytes(data + ended(directory, 1_000, len(data)))
    return path


def zip_of_many_bombs(folder: Path) -> Path:
    """Return an archive in which each file is small enough, but not all of them together."""
    path = folder / "export.zip"
    packed = zeros_deflated(32 << 20)
    data, directory = b"", b""
    for number in range(100):
        name = b"conversations-%03d.json" % number
        directory += listed(name, packed, offset=len(data), size=32 << 20)
        data += local(name, packed, size=32 << 20)
    path.write_bytes(data + ended(directory, 100, len(data)))
    return path


def zip_of_very_many_files(folder: Path) -> Path:
    path = folder / "export.zip"
    data = local(b"a", b"", size=0, method=0)
    directory = listed(b"a", b"", offset=0, size=0, method=0) * 600_000
    path.write_bytes(data + ended(directory, 600_000, len(data)))
    return path


def gzip_of_very_many_members(folder: Path) -> Path:
    path = folder / "conversations.json"
    path.write_bytes(gzip.compress(b"") * 50_000)
    return path


def nested_arrays(folder: Path) -> Path:
    path = folder / "conversations.json"
    path.write_bytes(b"[" * 5_000_000)
    return path


def nested_objects(folder: Path) -> Path:
    path = folder / "conversations.json"
    path.write_bytes(b'[{"mapping":' + b'{"a":' * 1_000_000)
    return path


BOMBS = (
    gzip_bomb,
    gzip_bomb_of_json,
    zip_bomb,
    zip_that_lies_about_sizes,
    zstandard_bomb,
    zstandard_of_very_many_frames,
    zstandard_of_a_wide_window,
    zip_of_overlapping_files,
    zip_of_many_bombs,
    zip_of_very_many_files,
    gzip_of_very_many_members,
    nested_arrays,
    nested_objects,
)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="cannot tell the peak of memory")
@pytest.mark.parametrize("make", BOMBS)
@pytest.mark.parametrize("format", ["", "chatgpt"])
def test_a_bomb_is_refused_within_100_mb(make: Any, format: str, tmp_path: Path) -> None:
    said, mebibytes = measured(make(tmp_path), *filter(None, [format]))
    assert said.startswith(("MalformedDocument", "FormatNotFound", "read 1")), said
    assert mebibytes < 100


def test_a_long_honest_export_is_no_bomb(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    message = CONVERSATION["mapping"]
    assert isinstance(message, dict)
    with gzip.open(path, "wb") as file:
        file.write(b"[")
        for number in range(3_000):
            file.write(json.dumps(CONVERSATION | {"id": str(number)}).encode() + b",\n")
        file.write(EXPORT[1:])
    assert len(n_nodes(path)) == 3_001


@pytest.mark.parametrize("n_bytes", [5, 12, 40, 100])
def test_a_cut_gzip_file_is_refused_by_name(n_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    path.write_bytes(gzip.compress(EXPORT)[:n_bytes])
    assert "conversations.json cannot be unpacked" in refused(path)


def test_every_byte_of_an_archive_may_be_missing_or_wrong(tmp_path: Path) -> None:
    whole = zipped(
        tmp_path / "e.zip", {"conversations.json": EXPORT}, compression=zipfile.ZIP_DEFLATED
    ).read_bytes()
    path = tmp_path / "broken.zip"
    for place in range(0, len(whole), 2):
        for broken in (whole[:place], whole[:place] + b"\xff" + whole[place + 1 :]):
            path.write_bytes(broken)
            try:
                assert n_nodes(path) in ([1], [])
            except GrokTreeError as error:
                assert "broken.zip" in str(error)  # noqa: PT017


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"conversations.json": EXPORT})
    outer = zipped(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()})
    assert "no format knows outer.zip" in refused(outer)


HOSTILE_NAMES = (
    "../../conversations.json",
    "/etc/conversations.json",
    "C:/x/conversations.json",
    "a\x1b[31m/conversations.json",
    "CON/conversations.json",
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_in_an_archive_lead_nowhere(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = zipped(tmp_path / "in" / "e.zip", {name: EXPORT})
    before = sorted(tmp_path.rglob("*"))
    assert n_nodes(path) == [1]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_that_is_not_unicode_is_made_so(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"c\xff.json")
    path.write_bytes(EXPORT)
    (found,) = read_all(path)
    assert getattr(found, "file", "") == "c\ufffd.json"


def test_links_in_an_archive_are_passed_over(tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", {"conversations-1.json": None, "conversations.json": EXPORT})
    assert n_nodes(path) == [1]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_both_of_two_files_with_one_name_are_read(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", EXPORT)
        archive.writestr("conversations.json", EXPORT)
    assert n_nodes(path) == [1, 1]


def test_an_encrypted_file_in_an_archive_is_refused_by_name(tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", {"conversations.json": EXPORT})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert refused(path) == "e.zip/conversations.json is encrypted; unpack it first"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_bounded_are_refused_by_name(method: int, tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", {"conversations.json": EXPORT}, compression=method)
    assert f"compressed by the method {method}" in refused(path)


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "fifo", tmp_path / "socket", Path("/dev/zero")):
            assert f"{path} is neither a file nor a folder" in refused(path)


@pytest.mark.parametrize("name", ["absent.json", "loop", "a\0b", "x" * 5_000])
def test_what_is_not_there_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InvalidOperationError, match="there is no file"):
        list(read_all(tmp_path / name))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="has no file that cannot be read")
def test_what_the_system_does_not_let_be_read_is_refused_by_name() -> None:
    assert "mem cannot be read: Input/output error" in refused(Path("/proc/self/mem"))


def test_a_folder_with_links_in_a_circle_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "conversations.json").write_bytes(EXPORT)
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "conversations-1.json").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "conversations-2.json")
    with opened(tmp_path) as found:
        assert [one.name for one in found.files] == ["conversations.json"]
    assert n_nodes(tmp_path) == [1]


def test_a_folder_of_very_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grok_tree.formats._opening.MAX_MEMBERS", 50)
    for number in range(51):
        (tmp_path / str(number)).mkdir()
    with pytest.raises(MalformedDocument, match="holds more than 50 files"):
        list(read_all(tmp_path))
    assert MAX_MEMBERS == 100_000
