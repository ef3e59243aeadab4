"""Export and import: what goes out comes back in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.cli._command import Command

_NEW_ON_IMPORT = (
    "response_id",
    "conversation_id",
    "parent_response_id",
    "origin",
    "revision",
    "manual",
)


def grown(command: Command) -> str:
    """Grow a conversation with forks, a partial and a star; return its id."""
    command.run(
        "chat", "--model", "scripted/varied", given="one\n/resample 2\ntwo\n/replace three\n/star\n"
    )
    conversation: str = command.run("ls", "--json").records[0]["conversation_id"]
    command.run("sample", "four", "--in", conversation, "--model", "scripted/fail-2")
    return conversation


def content(command: Command, conversation: str) -> list[dict[str, Any]]:
    shown = command.run("show", conversation, "--json").records
    positions = {record["response_id"]: record["position"] for record in shown}
    for record in shown:
        record["parent"] = positions.get(record["parent_response_id"])
        for name in _NEW_ON_IMPORT:
            del record[name]
    return shown


def test_an_import_of_an_export_has_the_same_content(command: Command, tmp_path: Path) -> None:
    conversation = grown(command)
    file = str(tmp_path / "out.jsonl")
    exported = command.run("export", conversation, "-o", file)
    imported = command.run("import", file)
    assert (exported.code, imported.code) == (0, 0)
    assert exported.err == f"exported 1 conversation with 10 responses to {file}\n"
    assert imported.err == "imported 10 responses with 0 repairs\n"
    assert content(command, imported.out.strip()) == content(command, conversation)


def test_the_title_the_leaf_and_the_star_come_back(command: Command, tmp_path: Path) -> None:
    conversation = grown(command)
    file = str(tmp_path / "out.jsonl")
    command.run("export", conversation, "-o", file)
    command.run("import", file)
    new, old = command.run("ls", "--json").records
    for name in ("title", "starred", "model_name", "system_prompt", "n_responses"):
        assert new[name] == old[name]
    (imported_leaf,) = [
        record
        for record in command.run("show", new["conversation_id"], "--json").records
        if record["response_id"] == new["leaf_response_id"]
    ]
    assert imported_leaf["origin"]["original_id"] == old["leaf_response_id"]


def test_export_goes_to_standard_output_and_import_takes_standard_input(command: Command) -> None:
    conversation = grown(command)
    exported = command.run("export", conversation)
    assert json.loads(exported.out.splitlines()[0])["format"] == "grok_tree"
    (imported,) = command.run("import", "-", "--json", given=exported.out).records
    assert imported["original_id"] == conversation
    assert imported["repairs"] == []


def test_all_conversations_are_one_file(command: Command, tmp_path: Path) -> None:
    for message in ("one", "two"):
        command.run("sample", message)
    file = str(tmp_path / "all.jsonl")
    assert command.run("export", "--all", "-o", file).code == 0
    assert len(command.run("import", file).out.splitlines()) == 2


def test_repairs_are_named(command: Command, tmp_path: Path) -> None:
    conversation = grown(command)
    lines = command.run("export", conversation).out.splitlines()
    end = json.loads(lines[-1])
    end["end"] = {"n_responses": end["end"]["n_responses"] - 1}
    file = tmp_path / "mended.jsonl"
    file.write_text("\n".join([lines[0], *lines[2:-1], json.dumps(end)]), encoding="utf-8")
    imported = command.run("import", str(file), "--json")
    (record,) = imported.records
    assert imported.code == 0
    assert len(record["repairs"]) == 3
    assert "is not in the file: it became a root" in imported.err


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


def test_an_import_that_the_server_refuses_half_way_leaves_nothing(
    command: Command, tmp_path: Path
) -> None:
    conversation = grown(command)
    lines = [json.loads(line) for line in command.run("export", conversation).out.splitlines()]
    lines[-2]["settings"] = {"temperature": -1}
    lines[-1]["end"]["digest"] = None
    file = tmp_path / "bad.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    failed = command.run("import", str(file))
    assert failed.code == 1
    assert "temperature is -1" in failed.err
    assert len(command.run("ls", "--json").records) == 1


def test_names_that_mean_nothing_here_are_left_out_and_said(
    command: Command, tmp_path: Path
) -> None:
    command.run("sample", "one", "--model", "scripted/echo")
    (conversation,) = command.run("ls", "--json").records
    exported = command.run("export", conversation["conversation_id"]).out.splitlines()
    header = json.loads(exported[0])
    header["conversation"] |= {"model_name": "no/such", "system_prompt_name": "grim"}
    end = json.dumps({"end": {"n_responses": 2}})
    file = tmp_path / "other.jsonl"
    file.write_text("\n".join([json.dumps(header), *exported[1:-1], end]), encoding="utf-8")
    imported = command.run("import", str(file))
    assert imported.code == 0
    assert "its model 'no/such' is not known here" in imported.err
    assert "its named system prompt 'grim' is not known here" in imported.err


def test_ten_thousand_responses_go_out_and_come_in(command: Command, tmp_path: Path) -> None:
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
    imported = command.run("import", str(file)).out.strip()
    exported = command.run("export", imported)
    assert exported.err == "exported 1 conversation with 10,000 responses\n"
    assert len(command.run("show", imported).out.splitlines()) == 18


def test_a_file_that_is_not_there_is_wrong_usage(command: Command) -> None:
    failed = command.run("import", "nowhere.jsonl")
    assert failed.code == 2
    assert "nowhere.jsonl" in failed.err


def test_a_place_that_cannot_be_written_is_said(command: Command, tmp_path: Path) -> None:
    conversation = grown(command)
    failed = command.run("export", conversation, "-o", str(tmp_path / "no" / "out.jsonl"))
    assert failed.code == 1
    assert failed.err.startswith("error: No such file or directory")
