"""Listing, showing, finding, and what else reads."""

from __future__ import annotations

import json
import re

from tests.e2e.cli._command import Command


def test_an_empty_database_says_so_and_writes_no_data(command: Command) -> None:
    listed = command.run("ls")
    assert (listed.code, listed.out) == (0, "")
    assert listed.err == "there are no conversations here; grok-tree chat begins one\n"
    assert command.run("ls", "-q").err == ""


def test_conversations_are_listed_last_modified_first(command: Command) -> None:
    for message in ("one", "two", "three"):
        command.run("sample", message)
    listed = command.run("ls").out.splitlines()
    as_json = command.run("ls", "--json").records
    assert [record["n_responses"] for record in as_json] == [2, 2, 2]
    assert [record["create_time"] for record in as_json] == sorted(
        (record["create_time"] for record in as_json), reverse=True
    )
    assert [line.split()[0] for line in listed] == [
        record["conversation_id"][: len(line.split()[0])]
        for record, line in zip(as_json, listed, strict=True)
    ]
    assert len(command.run("ls", "--limit", "2").out.splitlines()) == 2
    assert command.run("ls", "--starred").out == ""


def test_a_tree_shows_short_ids_that_work(command: Command) -> None:
    (answer, *_) = command.run("sample", "hello", "-n", "3", "--json").records
    shown = command.run("show", answer["conversation_id"]).out
    heading, question, first, *_ = shown.splitlines()
    assert heading.endswith("4 responses, 3 tips")
    assert re.fullmatch(r"human [0-9a-f-]{13,18} hello", question)
    short = first.split()[2]
    assert command.run("path", short).out.endswith("echo: hello\n")
    assert command.run("show", short).out.splitlines()[1].startswith("assistant")
    assert command.run("show", answer["conversation_id"].replace("-", "")).out == shown


def test_differences_are_visible_without_colour(command: Command) -> None:
    (answer, *_) = command.run(
        "sample", "x", "-n", "2", "--seed", "1", "--model", "scripted/varied", "--json"
    ).records
    shown = command.run("show", answer["conversation_id"], "--diff").out
    assert "{+" in shown
    assert "\x1b" not in shown
    assert "\x1b[" in command.run("show", answer["conversation_id"], "--color").out


def test_a_path_is_written_out_in_order(command: Command) -> None:
    (answer,) = command.run("sample", "hello\nthere", "--json").records
    written = command.run("path", answer["response_id"])
    assert re.fullmatch(
        r"human  \S+  \S+ \S+\nhello\nthere\n\n"
        r"assistant  \S+  \S+ \S+  scripted/echo\necho: hello\nthere\n",
        written.out,
    )
    assert command.run("path", answer["conversation_id"]).out == written.out


def test_a_search_finds_responses(command: Command) -> None:
    (answer,) = command.run("sample", "rayleigh scatters light", "--json").records
    hits = command.run("search", "rayleigh", "light", "--json").records
    assert {hit["response_id"] for hit in hits} == {
        answer["response_id"],
        answer["parent_response_id"],
    }
    assert "rayleigh" in command.run("search", "rayleigh").out
    nothing = command.run("search", "mie")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "nothing was found\n")


def test_models_name_the_default_one(command: Command) -> None:
    models = command.run("models", "--json").records
    assert [model["name"] for model in models if model["is_default"]] == ["scripted/echo"]
    assert re.search(r"^scripted/echo .*default", command.run("models").out, re.MULTILINE)


def test_a_model_that_is_named_alone_is_shown_with_all_it_can_do(command: Command) -> None:
    shown = command.run("models", "scripted/echo").out
    assert re.search(r"^ +prefill +continues an answer", shown, re.MULTILINE)
    missing = command.run("models", "no-such-model")
    assert (missing.code, missing.out) == (1, "")
    assert "no-such-model" in missing.err


def test_places_are_written(command: Command) -> None:
    (places,) = command.run("config", "path", "--json").records
    assert places["config"] == command.variables["GROK_TREE_CONFIG"]
    assert set(places) == {"config", "data", "cache"}
    assert places["data"] in command.run("config", "path").out


def test_hostile_text_is_shown_inertly_and_kept_exactly(command: Command) -> None:
    hostile = "\x1b[2Jbell\x07 \u202eback \u200bzero \x9b1A"
    (answer,) = command.run("sample", hostile, "--json").records
    conversation = answer["conversation_id"]
    for arguments in (["show", conversation], ["path", conversation], ["search", "back"]):
        shown = command.run(*arguments).out
        assert r"\u202e" in shown
        assert not set(shown) & set("\x1b\x07\u202e\u200b\x9b")
    assert command.run("sample", hostile).out == (
        "echo: \\x1b[2Jbell\\x07 \\u202eback \\u200bzero \\x9b1A\n"
    )
    assert answer["message"] == f"echo: {hostile}"
    assert command.run("show", conversation, "--json").records[0]["message"] == hostile


def test_a_reader_that_has_had_enough_is_no_error(command: Command) -> None:
    command.run("sample", "x", "-n", "200")
    (conversation,) = command.run("ls", "--json").records
    with command.start("show", conversation["conversation_id"], "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_terminal_that_knows_no_boxes_gets_numbers_and_no_crash(command: Command) -> None:
    command.run("sample", "x", "-n", "2")
    (conversation,) = command.run("ls", "--json").records
    command.variables["PYTHONIOENCODING"] = "ascii"
    with command.start("show", conversation["conversation_id"]) as process:
        output, errors = process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert rb"\u251c\u2500" in output


def test_the_doctor_finds_nothing_wrong_with_a_new_database(command: Command) -> None:
    command.run("sample", "x")
    seen = command.run("doctor", "--json")
    states = {finding["what"]: finding["state"] for finding in seen.records}
    assert seen.code == 0
    assert states["database"] == states["model"] == states["python"] == states["disk"] == "ok"
    assert "doctor" not in command.run("doctor").err


def test_the_doctor_names_a_damaged_response(command: Command) -> None:
    command.run("sample", "a text that is found again on disk")
    raw = command.database.read_bytes()
    command.database.write_bytes(raw.replace(b"echo: a text that", b"echo: a test that"))
    seen = command.run("doctor", "--json")
    problems = [finding for finding in seen.records if finding["state"] == "problem"]
    assert seen.code == 1
    assert [problem["what"] for problem in problems] == ["database"]
    assert "was changed on disk" in problems[0]["detail"]


def test_the_doctor_knows_a_file_that_is_not_ours_and_leaves_it(command: Command) -> None:
    command.database.write_bytes(b"my diary")
    seen = command.run("doctor")
    assert seen.code == 1
    assert re.search(r"^problem +database", seen.out, re.MULTILINE)
    assert command.database.read_bytes() == b"my diary"


def test_the_doctor_names_a_default_model_that_does_not_exist(command: Command) -> None:
    seen = command.run("doctor", "--model", "no/such")
    assert seen.code == 1
    assert re.search(r"^problem +model +no model is named 'no/such'", seen.out, re.MULTILINE)
