"""Where branches lead, in the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.cli._command import Command


@pytest.fixture
def study(command: Command) -> str:
    """The id of a conversation: below one answer two prompts, each with three echoes."""
    (first,) = command.run("sample", "pick one", "--json").records
    for message in ("red", "blue"):
        command.run("sample", message, "--in", first["response_id"], "-n", "3")
    conversation: str = first["conversation_id"]
    return conversation


def test_the_tree_of_outcomes_and_the_ranking_are_shown(command: Command, study: str) -> None:
    shown = command.run("outcomes", study, "--label", "red")

    assert shown.code == 0
    assert shown.out.splitlines()[0] == "█ True  ▓ False"
    assert shown.out.splitlines()[1].startswith("██████████▓▓▓▓▓▓▓▓▓▓ ")
    assert "50% [" in shown.out
    assert "Which turn decided it" in shown.out
    assert " 1. " in shown.out
    assert "weights tip" in shown.err
    assert "\x1b" not in shown.out
    assert max(len(line) for line in shown.out.splitlines()) <= 100


def test_a_narrow_terminal_keeps_the_ids(
    command: Command, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = command.run("outcomes", study, "--label", "red").out.splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[1] == lines[1].rstrip()
    ranked = next(line for line in lines if line.startswith(" 1. "))
    for response_id in (ranked.split()[2], lines[2].split()[0]):
        assert command.run("show", response_id).code == 0


def test_what_is_below_one_response_can_be_shown(command: Command, study: str) -> None:
    rows = command.run("outcomes", study, "--label", "red", "--json").records
    part = next(row for row in rows if row["row"] == "outcome" and row["value"] == 1)
    shown = command.run("outcomes", part["response_id"], "--label", "red").out

    assert shown.splitlines()[1].startswith("████████████████████ True 100% ")


def test_the_json_has_forks_and_the_ranking(command: Command, study: str) -> None:
    rows = command.run(
        "outcomes", study, "--label", "r=red", "--label", "b=blue", "--weights", "sibling", "--json"
    ).records

    assert {row["outcome"] for row in rows if row["row"] == "outcome"} == {"r", "b"}
    assert {row["weights"] for row in rows if row["row"] == "outcome"} == {"sibling"}
    ranking = [row for row in rows if row["row"] == "deciding"]
    assert ranking[0]["gain"] == pytest.approx(1)


def test_a_script_labels_tips(command: Command, study: str, tmp_path: Path) -> None:
    script = tmp_path / "label.py"
    script.write_text("def label(response):\n    return float(len(response.message))\n")
    shown = command.run("outcomes", study, "--script", str(script))

    assert shown.code == 0
    assert shown.out.startswith("means with their intervals\n")


def test_where_no_tip_has_an_outcome_it_is_said(command: Command, study: str) -> None:
    shown = command.run("outcomes", study, "--score", "truth")

    assert (shown.code, shown.out) == (0, "")
    assert shown.err == (
        "none of 6 tips has an outcome: none has a score 'truth'; the scores of this conversation:"
        " none\n"
    )


def test_an_expression_that_matches_nothing_is_said_to(command: Command, study: str) -> None:
    alone = command.run("outcomes", study, "--label", "green")
    assert "no tip matches 'green'" in alone.err
    assert "matches" not in command.run("outcomes", study, "--label", "red").err
    named = command.run("outcomes", study, "--label", "g=green", "--label", "p=pink")
    assert "no tip matches 'g=green' or 'p=pink'" in named.err
    other = command.run("outcomes", study, "--label", "g=green", "--label", "other=.")
    assert "matches" not in other.err


def test_a_script_that_says_nothing_of_any_tip_is_said_to(
    command: Command, study: str, tmp_path: Path
) -> None:
    script = tmp_path / "label.py"
    script.write_text("def label(response):\n    pass\n")
    shown = command.run("outcomes", study, "--script", str(script))
    assert shown.err == (
        "none of 6 tips has an outcome: label(response) gave None, or no number, for each\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "say how a tip ended", id="nothing"),
        pytest.param(["--label", "a", "--score", "b"], "say how a tip ended", id="both"),
        pytest.param(["--label", "("], "'(' is not a regular expression", id="regex"),
        pytest.param(["--label", "a", "--label", "b=c"], "several labels need names", id="names"),
        pytest.param(["--script", "nowhere.py"], "nowhere.py cannot be read", id="no file"),
    ],
)
def test_what_cannot_be_a_label_is_wrong_usage(
    command: Command, arguments: list[str], message: str
) -> None:
    refused = command.run("outcomes", "0192", *arguments)

    assert refused.code == 2
    assert message in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("x = 1\n", "defines no function label(response)", id="no function"),
        pytest.param("def label(:\n", "line 1: SyntaxError: invalid syntax", id="syntax"),
        pytest.param("a = 1\nb = a / 0\n", "line 2: ZeroDivisionError", id="on loading"),
        pytest.param(
            "def label(response):\n    return help_me\n", "line 2: NameError", id="on a tip"
        ),
        pytest.param("exit(3)\n", "line 1: it ends the program", id="exit on loading"),
        pytest.param(
            "def label(response):\n    raise SystemExit\n",
            "line 2: it ends the program",
            id="exit on a tip",
        ),
        pytest.param(
            "async def label(response):\n    return 1\n", "label(response) is async", id="async"
        ),
    ],
)
def test_a_broken_script_is_one_line_that_names_the_place(
    command: Command, study: str, tmp_path: Path, source: str, message: str
) -> None:
    script = tmp_path / "label.py"
    script.write_text(source)
    refused = command.run("outcomes", study, "--script", str(script))

    assert refused.code == 2
    assert message in refused.err
    assert "Traceback" not in refused.err


def test_a_script_that_fails_on_a_tip_names_the_tip(
    command: Command, study: str, tmp_path: Path
) -> None:
    script = tmp_path / "label.py"
    script.write_text("def label(response):\n    return 1 / ('blue' not in response.message)\n")
    refused = command.run("outcomes", study, "--script", str(script))
    (failed,) = re.findall(r"ZeroDivisionError: .* \(response (\S+)\)", refused.err)

    assert "blue" in command.run("path", failed).out
