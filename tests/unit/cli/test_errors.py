"""Every error of ours ends a command with the documented exit code and one line."""

from __future__ import annotations

import click
import pytest

from grok_tree.cli import _errors as cli_errors
from grok_tree.cli._errors import Failed, Interrupted, SomeSamplesFailed, Talk, exit_code, run
from grok_tree.errors import (
    AccessError,
    BudgetExhausted,
    ConnectionFailedError,
    GrokTreeError,
    RateLimited,
    ResponseNotFound,
    StoreBusy,
    error_classes,
)


def failing(error: BaseException) -> object:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
def test_every_class_has_its_exit_code(cls: type[GrokTreeError]) -> None:
    if issubclass(cls, ConnectionFailedError | AccessError):
        expected = 4
    elif cls in (BudgetExhausted, RateLimited):
        expected = 5
    else:
        expected = 1
    assert exit_code(cls("sentence")) == expected


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ResponseNotFound("no response x"), 1, "error: no response x\n"),
        (StoreBusy("in use\x1b[2J"), 1, "error: in use\\x1b[2J\n"),
        (FileNotFoundError(2, "No such file", "a.json"), 1, "error: No such file: a.json\n"),
        (KeyboardInterrupt(), 130, ""),
        (Interrupted([]), 130, ""),
        (click.Abort(), 130, ""),
        (SomeSamplesFailed(), 3, ""),
        (Failed(), 1, ""),
        (click.UsageError("two of them"), 2, "Error: two of them\n"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_becomes_a_line_and_a_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(failing(error), Talk()) == code  # type: ignore[arg-type]
    assert capsys.readouterr() == ("", said)


def test_a_mistake_of_ours_is_one_line_that_says_how_to_learn_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(failing(ZeroDivisionError("by zero")), Talk()) == 1  # type: ignore[arg-type]
    assert capsys.readouterr().err == (
        "error: grok-tree made a mistake (ZeroDivisionError: by zero); with -v there is more\n"
    )


def test_when_asked_for_more_the_cause_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    error = ResponseNotFound("no response x")
    error.__cause__ = ValueError("deep down")
    assert run(failing(error), Talk(verbosity=1)) == 1  # type: ignore[arg-type]
    assert "ValueError: deep down" in capsys.readouterr().err


def test_the_codes_are_those_that_the_documentation_names() -> None:
    documented = cli_errors.__doc__ or ""
    for code in (0, 1, 2, 3, 4, 5, 130):
        assert f"\n{code} " in documented
