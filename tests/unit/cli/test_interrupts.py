"""Ctrl-C ends a command also where Python would lose it."""

from __future__ import annotations

import sys
import threading

import pytest

from grok_tree.cli import main
from grok_tree.cli._interrupts import interrupts_are_kept
from tests.patience import PATIENCE_S


class Dying:
    """Raises where nobody can catch it."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __del__(self) -> None:
        raise self.error


def die_and_wait(error: BaseException) -> None:
    with interrupts_are_kept():
        Dying(error)
        assert not threading.Event().wait(PATIENCE_S)


def test_an_interrupt_in_a_finalizer_arrives(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        die_and_wait(KeyboardInterrupt())
    assert capsys.readouterr().err == ""


def test_other_errors_there_are_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda one: told.append(type(one.exc_value)))
    with interrupts_are_kept():
        Dying(ValueError("as ever"))
    assert told == [ValueError]


def test_an_interrupt_before_or_after_a_command_ends_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("grok_tree.cli._app.main", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
