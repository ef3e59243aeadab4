"""Asking, resampling and replacing from the command line."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.e2e.cli._command import Command, read_until


def test_an_answer_goes_to_standard_output_and_its_id_to_standard_error(command: Command) -> None:
    asked = command.run("sample", "hello there")
    (conversation,) = command.run("ls", "--json").records
    assert (asked.code, asked.out) == (0, "echo: hello there\n")
    assert asked.err == (
        f"response {conversation['leaf_response_id']}"
        f" in conversation {conversation['conversation_id']}\n"
    )


@pytest.mark.parametrize("arguments", [["sample"], ["sample", "-"]], ids=["piped", "dash"])
def test_the_message_may_come_from_standard_input(command: Command, arguments: list[str]) -> None:
    assert command.run(*arguments, given="from a pipe\n").out == "echo: from a pipe\n"


def test_siblings_come_as_json_lines(command: Command) -> None:
    asked = command.run(
        "sample", "hi", "-n", "3", "--seed", "7", "--model", "scripted/varied", "--json"
    )
    assert asked.code == 0
    assert len({record["message"] for record in asked.records}) == 3
    assert len({record["parent_response_id"] for record in asked.records}) == 1
    assert [record["settings"]["seed"] for record in asked.records] == [7, 8, 9]


def test_a_conversation_goes_on_at_its_leaf_or_at_any_response(command: Command) -> None:
    (first,) = command.run("sample", "one", "--json").records
    conversation, answer = first["conversation_id"], first["response_id"]
    command.run("sample", "two", "--in", conversation)
    command.run("sample", "other two", "--in", answer)
    shown = command.run("show", conversation, "--json").records
    assert [(record["message"], record["parent_response_id"] == answer) for record in shown] == [
        ("one", False),
        ("echo: one", False),
        ("two", True),
        ("echo: two", False),
        ("other two", True),
        ("echo: other two", False),
    ]


def test_resample_makes_a_sibling_and_replace_a_twin_of_the_question(command: Command) -> None:
    (answer,) = command.run("sample", "one", "--json").records
    (sibling,) = command.run("resample", answer["response_id"], "--json").records
    (other,) = command.run("replace", answer["parent_response_id"], "two", "--json").records
    by_hand = command.run("replace", answer["response_id"], "-", given="by hand\n")
    assert sibling["parent_response_id"] == answer["parent_response_id"]
    assert sibling["origin"] == {"kind": "resampled", "of": answer["response_id"]} | {
        "provenance": sibling["origin"]["provenance"]
    }
    assert other["message"] == "echo: two"
    assert by_hand.out == "by hand\n"


def test_a_failed_sample_is_one_line_and_exit_code_1(command: Command) -> None:
    failed = command.run("sample", "x", "--model", "scripted/fail-2")
    assert failed.code == 1
    assert failed.out == "word1 word2\n"
    first, last = failed.err.splitlines()
    assert first.startswith("partial response ")
    assert last.startswith("error: scripted/fail-2 failed")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["resample", "ffffffff"], 1, "no response has an id that begins with 'ffffffff'"),
        (["show", "not-an-id"], 1, "error: "),
        (["sample"], 2, "there is no message"),
        (["sample", "x", "--model", "no/such"], 1, "no model is named 'no/such'"),
        (["sample", "x", "--model", "scripted/refuse"], 1, "refuses every request"),
        (["sample", "x", "--temperature", "-1"], 1, "temperature is -1.0"),
        (["sample", "x", "-n", "0"], 1, "n is 0"),
        (["sample", "x", "--temperature", "hot"], 2, "'hot' is not a valid float"),
        (["ls", "--host", "127.0.0.1:1"], 2, "either a database or a host"),
        (["bogus"], 2, "there is no command 'bogus'"),
        (["shwo", "x"], 2, "did you mean 'show'?"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_mistakes_are_one_sentence_and_an_exit_code(
    command: Command, arguments: list[str], code: int, said: str
) -> None:
    if "--host" in arguments:
        arguments = [*arguments, "--database", "x.db"]
    failed = command.run(*arguments)
    assert (failed.code, failed.out) == (code, "")
    assert said in failed.err
    assert "Traceback" not in failed.err


def test_a_human_response_cannot_be_resampled(command: Command) -> None:
    (answer,) = command.run("sample", "one", "--json").records
    failed = command.run("resample", answer["parent_response_id"])
    assert failed.code == 1
    assert "written by 'human' and cannot be resampled" in failed.err


def test_an_ambiguous_beginning_names_what_it_might_be(command: Command) -> None:
    records = command.run("sample", "one", "-n", "2", "--json").records
    failed = command.run("resample", "0")
    assert failed.code == 1
    for record in records:
        assert record["response_id"] in failed.err


def test_a_server_that_is_not_there_is_exit_code_4(command: Command) -> None:
    command.patch.delenv("GROK_TREE_DATABASE")
    failed = command.run("ls", "--host", "127.0.0.1:1")
    assert (failed.code, failed.out) == (4, "")
    assert failed.err.startswith("error: no grok_tree server answers at 127.0.0.1:1")


def test_a_cut_answer_is_resumed(command: Command) -> None:
    failed = command.run("sample", "hi", "--model", "scripted/fail-2", "--json")
    (partial,) = failed.records
    resumed = command.run("resume", partial["response_id"], "--model", "scripted/words-4")
    assert (resumed.code, resumed.out) == (0, "word1 word2 word3 word4\n")
    again = command.run("resume", partial["parent_response_id"])
    assert again.code == 1
    assert "only a model's answer can be resumed" in again.err


def test_interrupting_keeps_what_came_and_names_it(command: Command) -> None:
    with command.start("sample", "hi", "--model", "scripted/hang") as process:
        read_until(process, b"waiting")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    (conversation,) = command.run("ls", "--json").records
    shown = command.run("show", conversation["conversation_id"], "--json").records
    assert process.returncode == 130
    assert (shown[1]["message"], shown[1]["finish_reason"]) == ("waiting", "cancelled")
    assert shown[1]["response_id"] in errors.decode()


def test_fork_keeps_the_beginning_of_an_answer(command: Command) -> None:
    (answer,) = command.run("sample", "one two", "--json").records
    forked = command.run(
        "fork", answer["response_id"], "--before", " two", "--text", " big", "-n", "2", "--json"
    ).records
    assert [record["message"] for record in forked] == ["echo: one big echo: one two"] * 2
    assert [record["origin"]["forced"] for record in forked] == [" big", " big"]
    assert [record["origin"]["offset"] for record in forked] == [9, 9]
    (again,) = command.run("fork", answer["response_id"], "--at", "5", "--json").records
    assert again["message"] == answer["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "either with"), (["--at", "1", "--before", "x"], "either"), (["--before", "x"], "'x'")],
    ids=["nowhere", "twice", "not there"],
)
def test_fork_wants_a_place(command: Command, arguments: list[str], words: str) -> None:
    (answer,) = command.run("sample", "one two", "--json").records
    failed = command.run("fork", answer["response_id"], *arguments)
    assert failed.code == 2
    assert words in failed.err


def test_the_form_of_the_answer_and_files_reach_the_model(command: Command, tmp_path: Path) -> None:
    schema, image = tmp_path / "schema.json", tmp_path / "sky.png"
    schema.write_text('{"type": "object"}')
    image.write_bytes(b"pixels")
    for arguments, needed in (
        (["--schema", str(schema)], "structured"),
        (["--reasoning-effort", "low"], "reasoning_effort"),
        (["--attach", str(image)], "images"),
        (["--attach", "https://example.org/sky.png"], "images"),
    ):
        refused = command.run("sample", "hello", *arguments)
        assert (refused.code, refused.out) == (1, "")
        assert needed in refused.err
    missing = command.run("sample", "hello", "--attach", str(tmp_path / "none.png"))
    assert missing.code == 2
    assert "cannot be attached" in missing.err
    (answer,) = command.run("sample", "hello", "--logprobs", "--json").records
    assert answer["settings"]["logprobs"]
