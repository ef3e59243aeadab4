"""Chats of SillyTavern."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.formats import Document, read_all
from tests.unit.formats._made import raw_of, read_bytes, read_lines
from tests.unit.formats._samples import EXPECTED, TREES, check_counts, documents, names

FILES = [name for name in names("sillytavern") if name.endswith(".jsonl")]
MAIN = "Char42 - 2025-03-01@10h00m00s"


@pytest.mark.parametrize("name", FILES)
def test_counts_are_exact(name: str) -> None:
    check_counts(name, EXPECTED[name])


def test_the_files_of_a_family_become_one_tree() -> None:
    check_counts("sillytavern/family", EXPECTED["sillytavern/family/ (merged)"])


def test_a_family_is_called_and_left_where_its_main_chat_was() -> None:
    (document,) = documents("sillytavern/family")
    (main,) = documents(f"sillytavern/family/{MAIN}.jsonl")
    assert document.conversation.conversation_id == main.conversation.conversation_id
    assert document.conversation.leaf_response_id == main.conversation.leaf_response_id
    assert {one.response_id for one in main.responses} < {
        one.response_id for one in document.responses
    }
    assert document.conversation.title == MAIN
    kept = raw_of(document.responses[0])["chats"]
    assert len(kept) == 3
    assert kept[MAIN]["user_name"] == "User"


def test_models_times_names_and_hidden_messages_are_read() -> None:
    (document,) = documents(f"sillytavern/family/{MAIN}.jsonl")
    first, second, prompt = document.responses[:3]
    assert [first.sender, second.sender, prompt.sender] == ["assistant", "assistant", "human"]
    assert [first.model_name, second.model_name, prompt.model_name] == ["m0", "m1", ""]
    assert first.create_time == datetime(2025, 3, 1, 10, tzinfo=UTC)
    assert prompt.create_time == datetime(2025, 3, 1, 10, 7, 0, 42_000, tzinfo=UTC)
    assert first.timing.duration_s == 2
    assert first.origin.provenance["name"] == "Char42"
    assert document.flag_counts == {"hidden": 4}
    assert document.conversation.create_time == datetime(2025, 3, 1, 10, tzinfo=UTC)
    assert sum(one.marks.starred for one in document.responses) == 1
    assert document.forest.leaf == document.responses[-1]


TIMES: dict[object, datetime] = {
    "February 25, 2025 3:46pm": datetime(2025, 2, 25, 15, 46, tzinfo=UTC),
    "February 5, 2025 12:06am": datetime(2025, 2, 5, 0, 6, tzinfo=UTC),
    "June 19, 2023 12:20pm": datetime(2023, 6, 19, 12, 20, tzinfo=UTC),
    "2025-03-01 @10h 07m 05s 042ms": datetime(2025, 3, 1, 10, 7, 5, 42_000, tzinfo=UTC),
    "2023-6-1 @9h 7m 5s 4ms": datetime(2023, 6, 1, 9, 7, 5, 4_000, tzinfo=UTC),
    "2025-03-01@10h07m05s": datetime(2025, 3, 1, 10, 7, 5, tzinfo=UTC),
    "2025-03-01T10:07:05.042Z": datetime(2025, 3, 1, 10, 7, 5, 42_000, tzinfo=UTC),
    "1740823620042": datetime(2025, 3, 1, 10, 7, 0, 42_000, tzinfo=UTC),
    1740823620042: datetime(2025, 3, 1, 10, 7, 0, 42_000, tzinfo=UTC),
}


@pytest.mark.parametrize("written", TIMES, ids=repr)
def test_times_are_read_in_every_form(written: object) -> None:
    (document,) = chat(said("a", send_date=written))
    assert document.responses[0].create_time == TIMES[written]
    assert "send_date" not in document.responses[0].origin.raw


@pytest.mark.parametrize("written", ["Smarch 1, 2025 3:46pm", "2025-13-01@10h07m05s", "x", [1]])
def test_what_is_no_time_is_kept(written: object) -> None:
    (document,) = chat(said("a", send_date=written))
    assert raw_of(document.responses[0])["send_date"] == written


HEADER = {"user_name": "User", "character_name": "Char", "create_date": "2025-03-01@10h00m00s"}


def said(text: Any, **fields: Any) -> dict[str, Any]:
    return {"name": "Char", "is_user": False, "mes": text} | fields


def chat(*messages: Any) -> list[Document]:
    return read_lines([HEADER, *messages])


def active(document: Document) -> list[str]:
    """Return the texts of the path that the chat shows."""
    assert document.forest.leaf is not None
    return [one.message for one in document.forest.path(document.forest.leaf.response_id)]


def test_the_next_line_hangs_under_the_variant_that_was_chosen() -> None:
    (document,) = chat(said("b", swipes=["a", "b", "b"], swipe_id=1), said("c", is_user=True))
    assert [one.message for one in document.forest.roots] == ["a", "b", "b"]
    assert document.parents == [-1, -1, -1, 1]
    assert active(document) == ["b", "c"]


def test_what_is_shown_counts_and_what_it_replaced_is_kept() -> None:
    (document,) = chat(said("edited", swipes=["a", "b"], swipe_id=0))
    assert [one.message for one in document.responses] == ["edited", "b"]
    assert raw_of(document.responses[0])["replaced_text"] == "a"


def test_a_swipe_that_was_being_sampled_is_partial() -> None:
    (document,) = chat(said("half", swipes=["a", "b"], swipe_id=2), said("c"))
    assert [one.partial for one in document.responses] == [False, False, True, False]
    assert active(document) == ["half", "c"]


@pytest.mark.parametrize("number", [None, 7, -1, "1"])
def test_without_a_good_number_the_shown_text_is_looked_for(number: Any) -> None:
    (document,) = chat(said("b", swipes=["a", "b"], swipe_id=number), said("c"))
    assert (document.counts.nodes, active(document)) == (3, ["b", "c"])
    assert document.repair_counts == ({} if number is None else {"swipe_unknown": 1})


def test_a_shown_text_that_is_no_variant_becomes_one() -> None:
    (document,) = chat(said("new", swipes=["a", "b"]), said("c"))
    assert (document.counts.nodes, active(document)) == (4, ["new", "c"])
    assert not any(one.partial for one in document.responses)


def test_reasoning_and_models_of_variants_are_their_own() -> None:
    infos = [{"extra": {"reasoning": "r0", "model": "m0"}}, {"extra": {"model": "m1", "api": "x"}}]
    message = said("b", swipes=["a", "b"], swipe_id=1, swipe_info=infos, extra={"model": "mine"})
    (document,) = chat(message)
    first, second = document.responses
    assert (first.reasoning, first.model_name) == ("r0", "m0")
    assert (second.reasoning, second.model_name) == ("", "mine")
    assert raw_of(second)["extra"] == {"api": "x"}


def test_lines_that_are_no_messages_are_passed_over_and_named() -> None:
    lines = [HEADER, said("a"), said("b")]
    first, *others = (json.dumps(one).encode() for one in lines)
    (document,) = read_bytes(b"\n".join([first, b"{oops", others[0], b"[]", others[1]]))
    assert active(document) == ["a", "b"]
    (repair,) = document.repairs
    assert repair.startswith("line_skipped: ")
    assert repair.endswith("(2): 2, 4")


def test_chats_of_2023_and_of_groups_need_no_metadata() -> None:
    (document,) = read_lines([said("a"), said("b", name="Other")])
    assert [one.origin.provenance["name"] for one in document.responses] == ["Char", "Other"]


def test_a_text_that_is_none_is_kept() -> None:
    (document,) = chat(said(["x"], swipes=None), {"name": "Char", "is_user": True})
    assert [one.message for one in document.responses] == ['["x"]', ""]
    assert document.repair_counts == {"text_inferred": 1}


def test_what_json_cannot_say_is_mended_and_named() -> None:
    line = b'{"name":"C","is_user":false,"mes":"a\\ud83d","extra":{"x":NaN}}'
    (document,) = read_bytes(json.dumps(HEADER).encode() + b"\n" + line)
    assert document.responses[0].message == "a\ufffd"
    assert document.repair_counts == {"number_replaced": 1, "text_replaced": 1}


def put(folder: Path, name: str, *messages: Any, main: str | None = None) -> None:
    header: dict[str, Any] = {**HEADER, "chat_metadata": {"main_chat": main} if main else {}}
    lines = "\n".join(json.dumps(one) for one in [header, *messages])
    (folder / f"{name}.jsonl").write_text(lines, "utf-8")


def test_branches_of_branches_hang_where_they_left_and_dead_links_stand_alone(
    tmp_path: Path,
) -> None:
    put(tmp_path, "main", said("a"), said("b"))
    put(tmp_path, "Branch 1", said("a"), said("c"), main="main")
    put(tmp_path, "Branch 2", said("a"), said("c"), said("d"), main="Branch 1")
    put(tmp_path, "lost", said("a"), main="gone")
    found = [one for one in read_all(tmp_path) if isinstance(one, Document)]
    assert [(one.conversation.title, one.counts.nodes) for one in found] == [
        ("lost", 1),
        ("main", 4),
    ]
    assert active(found[1]) == ["a", "b"]
    assert found[1].responses[-1].origin.provenance["file"] == "Branch 2"


def test_files_that_branched_off_each_other_are_read_once(tmp_path: Path) -> None:
    put(tmp_path, "x", said("a"), main="y")
    put(tmp_path, "y", said("b"), main="x")
    (found,) = read_all(tmp_path)
    assert isinstance(found, Document)
    assert found.counts.nodes == 2


def test_equal_swipes_stay_several_samples_when_files_are_merged(tmp_path: Path) -> None:
    message = said("a", swipes=["a", "a", "b"], swipe_id=1)
    put(tmp_path, "main", message, said("x"))
    put(tmp_path, "Branch", message, said("y"), main="main")
    (found,) = read_all(tmp_path)
    assert isinstance(found, Document)
    assert [one.message for one in found.responses] == ["a", "a", "b", "x", "y"]
    assert found.parents == [-1, -1, -1, 1, 1]


def test_a_backup_is_read_from_its_archive() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for one in (TREES / "sillytavern/family").iterdir():
            archive.write(one, f"chats/Char42/{one.name}")
        archive.writestr("settings.jsonl", "{}")
    (document,) = read_bytes(content.getvalue())
    assert document.counts.nodes == EXPECTED["sillytavern/family/ (merged)"]["nodes"]


def test_a_branch_that_is_in_an_archive_twice_adds_nothing() -> None:
    content = io.BytesIO()
    family = TREES / "sillytavern/family"
    with zipfile.ZipFile(content, "w") as archive:
        for folder in ("chats", "backups"):
            for one in family.glob("Branch*" if folder == "backups" else "*"):
                archive.write(one, f"{folder}/{one.name}")
    (document,) = read_bytes(content.getvalue())
    assert document.counts.nodes == EXPECTED["sillytavern/family/ (merged)"]["nodes"]


def test_a_file_without_a_name_is_nobodys_main_chat(tmp_path: Path) -> None:
    put(tmp_path, "", said("a"))
    put(tmp_path, "x", said("b"))
    assert len(list(read_all(tmp_path))) == 2


def test_a_broken_branch_does_not_stop_its_main_chat(tmp_path: Path) -> None:
    put(tmp_path, "main", said("a"))
    put(tmp_path, "Branch", said("a"), said("b"), main="main")
    (tmp_path / "other.jsonl").write_bytes(b'{"user_name":"U"}\n\xff\xfe')
    with (tmp_path / "Branch.jsonl").open("ab") as file:
        file.write(b"\n{oops")
    found = [one for one in read_all(tmp_path) if isinstance(one, Document)]
    assert [(one.conversation.title, one.counts.nodes) for one in found] == [
        ("main", 2),
        ("other", 0),
    ]
    assert [one.repair_counts for one in found] == [{"line_skipped": 1}] * 2


@given(st.lists(st.lists(st.sampled_from("ab"), max_size=5), min_size=1, max_size=5))
def test_any_branches_of_a_chat_become_the_tree_of_what_they_share(paths: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            main = "chat 0" if number else None
            put(Path(folder), f"chat {number}", *map(said, path), main=main)
        (found,) = read_all(folder, "sillytavern")
    assert isinstance(found, Document)
    beginnings = {tuple(path[:n]) for path in paths for n in range(1, len(path) + 1)}
    read = {
        tuple(one.message for one in found.forest.path(tip.response_id)) for tip in found.responses
    }
    assert found.counts.nodes == len(beginnings)
    assert read == beginnings
    if paths[0]:
        assert active(found) == paths[0]
