"""Bring and take on the command line: every format, with a report."""

from __future__ import annotations

import json
import signal
import zipfile
from pathlib import Path

import pytest

from grok_tree.formats import known_formats
from tests.e2e.cli._command import Command, read_until
from tests.unit.formats._samples import COUNTED, EXPECTED, TREES

CHATGPT = str(TREES / "chatgpt" / "branching_small.json")


def test_a_report_has_the_counts_of_each_conversation_and_closes_each_file(
    command: Command,
) -> None:
    names = ["chatgpt/branching_small.json", "claude/branching_small.json"]
    files = [str(TREES / name) for name in names]
    imported = command.run("import", "--json", *files)
    assert imported.code == 0
    records = iter(imported.records)
    for name, file in zip(names, files, strict=True):
        for index, expected in enumerate(EXPECTED[name]):
            record = next(records)
            assert {key: record[key] for key in COUNTED} == {key: expected[key] for key in COUNTED}
            assert (record["file"], record["index"]) == (file, index)
            assert record["format"] == name.split("/")[0]
            assert record["title"] == (expected["title"] or "")
            shown = command.run("show", record["conversation_id"], "--json").records
            assert len(shown) == expected["nodes"]
        assert next(records) == {"file": file, "conversations": index + 1, "skipped": []}


def test_a_dry_run_reports_the_same_and_stores_nothing(command: Command) -> None:
    dry = command.run("import", "--dry-run", "--json", CHATGPT).records
    assert command.run("ls", "--json").records == []
    real = command.run("import", "--json", CHATGPT).records
    for record in (*dry, *real):
        for key in ("conversation_id", "added", "new"):
            record.pop(key, None)
    assert dry == real


def test_a_database_is_a_file_like_any_other(command: Command, tmp_path: Path) -> None:
    other = str(tmp_path / "other.db")
    command.run("import", CHATGPT, "--database", other)
    dry = command.run("import", "--dry-run", "--json", other)
    assert command.run("ls", "--json").records == []
    real = command.run("import", "--json", other)
    assert (dry.code, real.code) == (0, 0)
    assert "new)" not in dry.err
    assert "(25 new)" in real.err
    for records in (dry.records, real.records):
        assert [one.get("index") for one in records] == [0, 1, None]
        assert sum(one.get("nodes", 0) for one in records) == 25


def test_a_dry_run_looks_for_the_place_too(command: Command) -> None:
    refused = command.run("import", "--dry-run", CHATGPT, "--into", "0190ffff")
    assert (refused.code, refused.out) == (1, "")
    assert "no conversation and no response" in refused.err


def test_standard_input_that_is_closed_is_said(command: Command) -> None:
    refused = command.run("import", "-", given=None)
    assert refused.code == 1
    assert "standard input is closed" in refused.err


def test_what_is_skipped_is_named_and_the_rest_comes(command: Command, tmp_path: Path) -> None:
    sound = json.loads(Path(CHATGPT).read_text("utf-8"))
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([sound[0], {"id": "broken", "mapping": 7}, sound[1]]), "utf-8")
    imported = command.run("import", "--json", str(file))
    *conversations, closing = imported.records
    assert [one["index"] for one in conversations] == [0, 2]
    (skipped,) = closing["skipped"]
    assert (skipped["index"], closing["conversations"]) == (1, 2)
    assert skipped["reason"]
    assert "skipped conversation 1" in imported.err


def test_a_file_of_which_nothing_comes_is_a_failure(command: Command) -> None:
    for arguments in ((CHATGPT,), (CHATGPT, str(TREES / "claude" / "small_example.json"))):
        imported = command.run("import", "--format", "claude", *arguments)
        assert imported.code == 1
        assert "skipped conversation 1" in imported.err
        assert "imported 0 conversations" in imported.err


def test_of_a_folder_that_no_format_knows_the_files_can_be_named(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "one.json").write_bytes(Path(CHATGPT).read_bytes())
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.write(CHATGPT, "one.json")
    folder = command.run("import", str(tmp_path / "mixed"))
    packed = command.run("import", str(tmp_path / "packed.zip"))
    assert "no format knows mixed; name the files in it one by one, or their" in folder.err
    assert "no format knows packed.zip; unpack it and name the files in it, or their" in packed.err


def test_one_bad_file_does_not_stop_the_others(command: Command, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing of ours", "utf-8")
    imported = command.run("import", str(notes), CHATGPT)
    assert imported.code == 1
    assert "no format knows notes.txt" in imported.err
    assert len(command.run("ls", "--json").records) == 2


def test_a_file_goes_below_a_response_or_a_leaf(command: Command) -> None:
    command.run("sample", "hello")
    (home,) = command.run("ls", "--json").records
    for into in (home["conversation_id"], home["leaf_response_id"]):
        report, *_ = command.run("import", "--json", CHATGPT, "--into", into).records
        assert report["conversation_id"] == home["conversation_id"]
    shown = command.run("show", home["conversation_id"], "--json").records
    assert len(shown) == 2 + 15 + 10
    below = [one for one in shown if one["parent_response_id"] == home["leaf_response_id"]]
    assert len(below) == 2


@pytest.mark.parametrize("name", [one.name for one in known_formats() if one.write])
def test_every_written_format_comes_out_and_says_what_it_loses(
    command: Command, tmp_path: Path, name: str
) -> None:
    command.run("import", CHATGPT)
    file = tmp_path / "out"
    exported = command.run("export", "--all", "--format", name, "-o", str(file))
    assert exported.code == 0, exported.err
    assert f"{name} does not hold: " in exported.err
    is_empty = file.stat().st_size == 0
    # Nothing in it is starred, scored or replaced, so there is nothing to prefer.
    assert is_empty == (name in {"dpo", "kto"}) == ("nothing in it fits" in exported.err)


def test_a_choice_that_is_not_there_is_refused_with_those_that_are(command: Command) -> None:
    command.run("import", CHATGPT)
    refused = command.run("export", "--all", "--format", "dpo", "-O", "pairs=some")
    assert refused.code == 1
    assert "best-vs-rest" in refused.err
    unknown = command.run("export", "--all", "--format", "dpo", "-O", "size=3")
    assert "no option 'size'" in unknown.err
    half = command.run("export", "--all", "--format", "dpo", "-O", "pairs")
    assert half.code == 2


def test_formats_are_listed_and_told_of(command: Command) -> None:
    listed = command.run("formats", "--json").records
    assert [one["name"] for one in listed] == [one.name for one in known_formats()]
    told = command.run("formats", "dpo").out
    assert "-O pairs=best-vs-rest|" in told
    assert "files do not hold: " in told
    assert command.run("formats", "nonsense").code == 1


def test_hostile_texts_are_shown_inertly(command: Command, tmp_path: Path) -> None:
    hostile = json.loads(Path(CHATGPT).read_text("utf-8"))[:1]
    hostile[0]["title"] = "\x1b]0;owned\x07\u202eevil"
    hostile[0]["current_node"] = "\x1b[2Jgone"
    file = tmp_path / "\x1b[31mred.json"
    file.write_text(json.dumps(hostile), "utf-8")
    imported = command.run("import", str(file))
    assert imported.code == 0
    assert "\x1b" not in imported.out + imported.err


def test_an_import_that_is_killed_leaves_whole_conversations_and_goes_on(
    command: Command, tmp_path: Path
) -> None:
    sound = json.loads(Path(CHATGPT).read_text("utf-8"))[0]
    many = [{**sound, "id": f"c{n}", "conversation_id": f"c{n}"} for n in range(400)]
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps(many), "utf-8")
    process = command.start("import", str(file))
    try:
        read_until(process, b"\n")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        for pipe in (process.stdout, process.stderr, process.stdin):
            if pipe is not None:
                pipe.close()
    kept = command.run("ls", "--limit", "0", "--json").records
    assert 1 <= len(kept) <= 400
    assert {one["n_responses"] for one in kept} == {15}
    again = command.run("import", "--json", str(file)).records
    assert sum(one.get("new", False) for one in again) == 400 - len(kept)
    assert again[-1]["conversations"] == 400
