"""Saying what shape a forest has, and how two paths differ."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grok_tree.formats import write
from grok_tree.testing import forest_from_parents
from tests.e2e.cli._command import Command


def two_answers(command: Command, message: str = "x") -> list[dict[str, str]]:
    options = ["-n", "2", "--seed", "1", "--model", "scripted/varied", "--json"]
    return command.run("sample", message, *options).records


def test_the_shape_of_a_conversation_is_said_with_bars(command: Command) -> None:
    first, _ = two_answers(command)
    shown = command.run("stats", first["conversation_id"])
    assert (shown.code, shown.err) == (0, "")
    assert re.search(r"^responses +3; trees 1", shown.out)
    assert re.search(r"^ +1 █+ +1\n +2 █+ 2$", shown.out, re.MULTILINE)
    (record,) = command.run("stats", first["conversation_id"], "--json").records
    assert (record["tips"], record["forks"], record["depths"]) == (2, 1, [1, 2])
    assert record["fanouts"] == [[0, 2], [2, 1]]


def test_the_shape_below_a_response(command: Command) -> None:
    first, _ = two_answers(command)
    (record,) = command.run("stats", first["response_id"], "--json").records
    assert (record["responses"], record["balance"]) == (1, None)
    assert record["response_id"] == first["response_id"]


@pytest.mark.parametrize("width", [40, 120])
def test_bars_stay_within_the_terminal(command: Command, width: int) -> None:
    first, _ = two_answers(command)
    command.patch.setenv("COLUMNS", str(width))
    lines = command.run("stats", first["conversation_id"]).out.splitlines()
    assert max(len(line) for line in lines if "█" in line) == width


def test_two_paths_are_compared_word_by_word(command: Command) -> None:
    first, second = two_answers(command)
    shown = command.run("diff", first["response_id"], second["response_id"])
    heading, _, answer, *words = shown.out.splitlines()
    assert heading.startswith("1 shared; after them 0 the same, 1 changed")
    assert re.fullmatch(r"assistant  \S+ \| \S+", answer)
    assert re.search(r"\{-.*-\}.*\{\+.*\+\}", "\n".join(words))
    assert "\x1b" not in shown.out

    coloured = command.run("diff", first["response_id"], second["response_id"], "--color").out
    assert "\x1b[" in coloured
    assert "{+" not in coloured


def test_the_record_of_a_comparison_has_all_words(command: Command) -> None:
    first, second = two_answers(command)
    (record,) = command.run("diff", first["response_id"], second["response_id"], "--json").records
    assert record["divergence_id"] == first["parent_response_id"]
    (pair,) = record["pairs"]
    sides = {
        kind: "".join(one["text"] for one in pair["words"] if one["kind"] in ("same", kind))
        for kind in "-+"
    }
    assert sides == {"-": first["message"], "+": second["message"]}


def test_marks_begin_and_end_on_every_line(command: Command) -> None:
    (first,) = command.run("sample", "one\ntwo", "--json").records
    command.run("replace", first["parent_response_id"], "three\nfour")
    (conversation,) = command.run("ls", "--json").records
    shown = command.run("show", conversation["conversation_id"], "--json").records
    other = next(one for one in shown if one["message"] == "three\nfour")
    lines = command.run("diff", first["parent_response_id"], other["response_id"]).out.splitlines()
    assert lines[-3:] == ["{-one-}", "{-two-}{+three+}", "{+four+}"]


def test_hostile_text_is_compared_inertly(command: Command) -> None:
    first, second = two_answers(command, "\x1b[2J \u202eback")
    asked = first["parent_response_id"]
    shown = command.run("diff", asked, second["response_id"])
    assert shown.code == 0
    assert not set(shown.out) & set("\x1b\u202e")


def test_responses_of_two_conversations_are_not_compared(command: Command) -> None:
    first, _ = two_answers(command)
    other, _ = two_answers(command)
    refused = command.run("diff", first["response_id"], other["response_id"])
    assert (refused.code, refused.out) == (1, "")
    assert "of one conversation" in refused.err
    assert command.run("diff", first["response_id"], "ffffffff").code == 1


def test_a_conversation_in_the_place_of_a_response_is_told_apart(command: Command) -> None:
    (said,) = command.run("sample", "hello", "--json").records
    refused = command.run("diff", said["conversation_id"], said["response_id"])
    assert refused.code == 1
    assert f"grok-tree show {said['conversation_id']} lists its responses" in refused.err


def test_a_whole_id_that_a_response_has_too_names_the_conversation(
    command: Command, tmp_path: Path
) -> None:
    forest = forest_from_parents([-1, 0])
    write(forest, tmp_path / "same.jsonl")
    command.run("import", str(tmp_path / "same.jsonl"))
    shown = command.run("stats", forest.conversation.conversation_id)
    assert shown.out.startswith("responses  2;")


def test_an_empty_conversation_has_a_shape_without_bars(command: Command) -> None:
    (answer,) = command.run("sample", "x", "--json").records
    command.run("delete", answer["parent_response_id"])
    shown = command.run("stats", answer["conversation_id"])
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("responses  0;")
    assert "█" not in shown.out


def test_a_long_chain_has_one_bar_for_several_depths(command: Command) -> None:
    (answer,) = command.run("sample", "turn 0", "--json").records
    for n in range(1, 10):
        command.run("sample", f"turn {n}", "--in", answer["conversation_id"])
    shown = command.run("stats", answer["conversation_id"]).out
    assert re.search(r"^ +19-20 █+ 1.0 each$", shown, re.MULTILINE)
    assert "chains     1, of 20.00 responses" in shown
