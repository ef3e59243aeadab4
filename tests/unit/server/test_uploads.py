"""Long texts wait in bounded number, size and time."""

from __future__ import annotations

import hashlib

import pytest

from grok_tree.errors import ServerUnavailable, UploadNotFound
from grok_tree.forest import MAX_TEXT_BYTES
from grok_tree.server._uploads import KEPT_S, MOST_BYTES, MOST_TEXTS, Uploads


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_text_waits_ten_minutes() -> None:
    time = Time()
    uploads = Uploads(time)
    upload_id = uploads.keep(b"text")
    time.now = KEPT_S - 1
    assert uploads.text(upload_id) == "text"
    time.now = KEPT_S
    with pytest.raises(UploadNotFound, match=upload_id):
        uploads.text(upload_id)
    assert len(uploads) == 0


def test_the_oldest_texts_make_room_for_new_ones() -> None:
    uploads = Uploads()
    ids = [uploads.keep(b"%d" % n) for n in range(MOST_TEXTS + 1)]
    assert len(uploads) == MOST_TEXTS
    with pytest.raises(UploadNotFound):
        uploads.text(ids[0])
    assert uploads.text(ids[-1]) == str(MOST_TEXTS)


def test_what_is_kept_and_expected_stays_below_the_bound() -> None:
    uploads = Uploads()
    first = uploads.keep(b"x" * MAX_TEXT_BYTES)
    coming = [uploads.begin(MAX_TEXT_BYTES) for _ in range(MOST_BYTES // MAX_TEXT_BYTES)]
    assert uploads.n_bytes <= MOST_BYTES
    with pytest.raises(UploadNotFound):
        uploads.text(first)
    with pytest.raises(ServerUnavailable, match="try again"):
        uploads.begin(1)
    for upload in coming:
        uploads.abandon(upload)
    assert uploads.n_bytes == 0
    assert uploads.begin(1).total_bytes == 1


def test_a_whole_text_is_what_was_sent() -> None:
    upload = Uploads().begin(5)
    upload.add(b"he")
    upload.add(b"llo")
    assert upload.finished(hashlib.sha256(b"hello").digest()) == b"hello"
