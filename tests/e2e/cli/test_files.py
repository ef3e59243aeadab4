"""Export and import: what goes out comes back in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.cli._command import Command, Finished


def grown(command: Command) -> str:
    """Grow a conversation with forks, a partial and a star; return its id."""
    command.run(
        "chat", "--model", "scripted/varied", given="one\n/resample 2\ntwo\n/replace three\n/star\n"
    )
    conversation: str = command.run("ls", "--json").records[0]["conversation_id"]
    command.run("sample", "four", "--in", conversation, "--model", "scripted/fail-2")
    return conversation


class Elsewhere:
    """The same program with another database."""

    def __init__(self, command: Command, database: Path) -> None:
        self._command = command
        self._database = str(database)

    def run(self, *arguments: str, given: str = "") -> Finished:
        return self._command.run(*arguments, "--database", self._database, given=given)


@pytest.fixture
def other(command: Command, tmp_path: Path) -> Elsewhere:
    return Elsewhere(command, tmp_path / "elsewhere.db")


def test_an_import_of_an_export_is_the_same_forest(
    command: Command, other: Elsewhere, tmp_path: Path
) -> None:
    conversation = grown(command)
    file = str(tmp_path / "out.jsonl")
    exported = command.run("export", conversation, "-o", file)
    imported = other.run("import", file)
    assert (exported.code, imported.code) == (0, 0)
    assert exported.err == (
        f"exported 1 conversation with 10 responses to {file}\n"
        "native does not hold: contents of attached files\n"
    )
    assert imported.err.startswith("imported 1 conversation with 10 responses (10 new) from ")
    assert imported.out.strip() == conversation
    there, here = (one.run("show", conversation, "--json").records for one in (other, command))
    for record in (*there, *here):
        del record["revision"]
    assert there == here


def test_the_title_the_leaf_and_the_star_come_back(
    command: Command, other: Elsewhere, tmp_path: Path
) -> None:
    conversation = grown(command)
    file = str(tmp_path / "out.jsonl")
    command.run("export", conversation, "-o", file)
    other.run("import", file)
    ((there,), (here,)) = (one.run("ls", "--json").records for one in (other, command))
    for record in (there, here):
        del record["revision"]
    assert there == here


def test_the_same_file_twice_adds_nothing(command: Command, tmp_path: Path) -> None:
    conversation = grown(command)
    file = str(tmp_path / "out.jsonl")
    command.run("export", conversation, "-o", file)
    n_before = len(command.run("show", conversation, "--json").records)
    imported = command.run("import", file, "--json")
    record, closing = imported.records
    assert (record["added"], record["united"], record["new"]) == (0, 10, False)
    assert closing == {"file": file, "conversations": 1, "skipped": []}
    assert len(command.run("show", conversation, "--json").records) == n_before


def test_export_goes_to_standard_output_and_import_takes_standard_input(
    command: Command, other: Elsewhere
) -> None:
    conversation = grown(command)
    exported = command.run("export", conversation)
    assert json.loads(exported.out.splitlines()[0])["format"] == "grok_tree"
    imported, _ = other.run("import", "-", "--json", given=exported.out).records
    assert imported["conversation_id"] == conversation
    assert imported["repairs"] == {}


def test_all_conversations_are_one_file(command: Command, tmp_path: Path) -> None:
    for message in ("one", "two"):
        command.run("sample", message)
    file = str(tmp_path / "all.jsonl")
    assert command.run("export", "--all", "-o", file).code == 0
    assert len(command.run("import", file).out.splitlines()) == 2


def test_repairs_are_named(command: Command, other: Elsewhere, tmp_path: Path) -> None:
    conversation = grown(command)
    lines = command.run("export", conversation).out.splitlines()
    end = json.loads(lines[-1])
    end["end"] = {"n_responses": end["end"]["n_responses"] - 1}
    file = tmp_path / "mended.jsonl"
    file.write_text("\n".join([lines[0], *lines[2:-1], json.dumps(end)]), encoding="utf-8")
    imported = other.run("import", str(file), "--json")
    record, _ = imported.records
    assert imported.code == 0
    assert record["repairs"] == {"orphan": 3}
    assert record["roots"] == 3
    assert "3 repairs: orphan 3" in imported.err
    assert "is not in the file; it became a root" in imported.err


def test_a_cut_file_is_refused_with_its_line_and_nothing_of_it_stays(
    command: Command, tmp_path: Path
) -> None:
    exported = command.run("export", grown(command)).out
    file = tmp_path / "cut.jsonl"
    file.write_text(exported[: len(exported) // 2], encoding="utf-8")
    n_before = len(command.run("ls", "--json").records)
    failed = command.run("import", str(file))
    assert (failed.code, failed.out) == (1, "")
    assert failed.err.startswith("error: line ")
    assert len(command.run("ls", "--json").records) == n_before


def test_a_conversation_that_the_server_refuses_leaves_nothing(
    command: Command, other: Elsewhere, tmp_path: Path
) -> None:
    conversation = grown(command)
    lines = [json.loads(line) for line in command.run("export", conversation).out.splitlines()]
    lines[-2]["settings"] = {"temperature": -1}
    lines[-1]["end"]["digest"] = None
    file = tmp_path / "bad.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    imported = other.run("import", str(file), "--json")
    (closing,) = imported.records
    assert closing["conversations"] == 0
    assert "temperature is -1" in closing["skipped"][0]["reason"]
    assert "temperature is -1" in imported.err
    assert other.run("ls", "--json").records == []


def test_names_that_mean_nothing_here_are_left_out_and_said(
    command: Command, other: Elsewhere, tmp_path: Path
) -> None:
    command.run("sample", "one", "--model", "scripted/echo")
    (conversation,) = command.run("ls", "--json").records
    exported = command.run("export", conversation["conversation_id"]).out.splitlines()
    header = json.loads(exported[0])
    header["conversation"] |= {"model_name": "no/such", "system_prompt_name": "grim"}
    end = json.dumps({"end": {"n_responses": 2}})
    file = tmp_path / "other.jsonl"
    file.write_text("\n".join([json.dumps(header), *exported[1:-1], end]), encoding="utf-8")
    imported = other.run("import", str(file))
    assert imported.code == 0
    assert "its model 'no/such' is not known here" in imported.err
    assert "its named system prompt 'grim' is not known here" in imported.err


def test_ten_thousand_responses_go_out_and_come_in(
    command: Command, other: Elsewhere, tmp_path: Path
) -> None:
    command.run("sample", "one")
    (conversation,) = command.run("ls", "--json").records
    header, first, *_ = command.run("export", conversation["conversation_id"]).out.splitlines()
    record = json.loads(first)
    lines = [header]
    for number in range(10_000):
        parent = str(number - 1) if number else None
        record |= {"response_id": str(number), "parent_response_id": parent}
        lines.append(json.dumps(record))
    lines.append(json.dumps({"end": {"n_responses": 10_000}}))
    file = tmp_path / "deep.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    imported = other.run("import", str(file)).out.strip()
    exported = other.run("export", imported)
    assert exported.err.startswith("exported 1 conversation with 10,000 responses\n")
    assert len(other.run("show", imported).out.splitlines()) == 18


def test_a_file_that_is_not_there_is_wrong_usage(command: Command) -> None:
    failed = command.run("import", "nowhere.jsonl")
    assert failed.code == 2
    assert "nowhere.jsonl" in failed.err


def test_a_place_that_cannot_be_written_is_said(command: Command, tmp_path: Path) -> None:
    conversation = grown(command)
    failed = command.run("export", conversation, "-o", str(tmp_path / "no" / "out.jsonl"))
    assert failed.code == 1
    assert failed.err.startswith("error: No such file or directory")
