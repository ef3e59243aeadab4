"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grok_tree.cli._files import output_file


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with output_file(str(target)) as file:
        file.write(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"old")
    with pytest.raises(TypeError), output_file(str(target)) as file:
        file.writelines([b"half", "and then text"])  # type: ignore[list-item]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), output_file(str(tmp_path / "no" / "out.jsonl")):
        pass


def test_an_error_names_what_the_user_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "no" / "out.jsonl")
    with pytest.raises(FileNotFoundError) as caught, output_file(missing):
        pass
    assert caught.value.filename == str(tmp_path / "no")
    with pytest.raises(IsADirectoryError) as taken, output_file(str(tmp_path)):
        pass
    assert taken.value.filename == str(tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with output_file(str(pipe)) as file:
            file.write(b"through it")
        assert os.read(reading, 100) == b"through it"
    finally:
        os.close(reading)
    assert pipe.is_fifo()
    with pytest.raises(OSError, match="space"), output_file("/dev/full") as file:
        file.write(b"nowhere to")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with output_file(str(link)) as file:
        file.write(b"behind it")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"behind it")
