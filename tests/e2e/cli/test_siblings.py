"""How answers differ, on the command line."""

from __future__ import annotations

import re

import pytest

from tests.e2e.cli._command import Command


def sampled(command: Command, n: int = 8) -> list[str]:
    model = ("--model", "scripted/varied", "--seed", "1")
    records = command.run("sample", "colour?", "-n", str(n), *model, "--json").records
    return [record["response_id"] for record in records if record["sender"] == "assistant"]


def test_answers_are_shown_as_bars_and_figures(command: Command) -> None:
    first, *_ = sampled(command)
    shown = command.run("siblings", first)
    assert shown.code == 0
    assert shown.out.startswith("8 answers")
    for heading in ("what they say, by normalised text", "words", "figures, with 95 % intervals"):
        assert heading in shown.out.splitlines()
    assert "self bleu" in shown.out
    assert "█" in shown.out
    assert "\x1b" not in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100


def test_a_narrow_terminal_is_respected(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = sampled(command)
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, command.run("siblings", first).out.splitlines())) <= 60


def test_answers_that_all_differ_are_said_to_and_stand_below_each_other(command: Command) -> None:
    first, *_ = sampled(command)
    lines = command.run("siblings", first).out.splitlines()
    assert lines[0] == "8 answers; no two say the same"
    assert all(line[2] != " " for line in lines[3:11])


def test_one_answer_is_told_how_to_get_siblings(command: Command) -> None:
    (answer,) = command.run("sample", "hello", "--json").records
    shown = command.run("siblings", answer["response_id"])
    assert f"grok-tree resample {answer['response_id']} -n 8 samples siblings" in shown.err
    assert "[-inf, inf]" not in shown.out


def test_an_empty_conversation_is_told_how_to_get_answers(command: Command) -> None:
    (said,) = command.run("sample", "hello", "--json").records
    first, *_ = command.run("path", said["response_id"], "--json").records
    command.run("delete", first["response_id"])
    refused = command.run("siblings", said["conversation_id"])
    assert refused.code == 1
    assert f"grok-tree sample TEXT --in {said['conversation_id']}" in refused.err


def test_the_same_as_json_with_what_was_left_out(command: Command) -> None:
    first, second, *_ = sampled(command)
    command.run("replace", second, "by hand")
    (found,) = command.run("siblings", first[:-6], "--json").records
    assert (found["n"], found["n_left_out"]) == (8, 1)
    assert found["clusters_by"] == "normalised text"
    assert sum(cluster["n"] for cluster in found["clusters"]) == len(found["answers"]) == 8
    figures = {row["statistic"]: row for row in found["figures"]}
    assert figures["agreement"]["low"] < figures["agreement"]["value"]
    (kept,) = command.run("siblings", first, "--manual", "--json").records
    assert kept["n"] == 9


def test_a_conversation_stands_for_its_leaf(command: Command) -> None:
    (answer,) = command.run("sample", "hello", "--json").records
    (found,) = command.run("siblings", answer["conversation_id"], "--json").records
    assert found["answers"][0]["response_id"] == answer["response_id"]


def test_mistakes_are_told_without_a_trace(command: Command) -> None:
    first, *_ = sampled(command, 2)
    nobody = command.run("siblings", "0000")
    assert nobody.code != 0
    assert "no conversation and no response" in nobody.err
    alone = command.run("siblings", first, "--threshold", "0.3")
    assert alone.code == 2
    assert "--embed" in alone.err
    below = command.run("siblings", first, "--embed", "--threshold", "-1")
    assert "it must be 0 or more" in below.err
    assert "Traceback" not in nobody.err + alone.err + below.err


@pytest.mark.local_model
def test_answers_are_put_together_by_their_meaning(command: Command) -> None:
    first, *_ = sampled(command, 4)
    (found,) = command.run("siblings", first, "--embed", "--threshold", "2", "--json").records
    assert found["clusters_by"] == "embeddings, average linkage up to 2"
    assert len(found["clusters"]) == 1
    assert "embedding_distance" in {row["statistic"] for row in found["figures"]}


def test_thousands_are_written_in_full(command: Command) -> None:
    (first,) = command.run("sample", "word " * 300, "--json").records
    shown = command.run("siblings", first["response_id"])

    (characters,) = [line for line in shown.out.splitlines() if "characters" in line]
    assert re.match(r"  characters +1,[45]\d\d\b", characters)
