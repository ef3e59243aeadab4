"""What may still be spent, on the command line."""

from __future__ import annotations

from grok_tree import Client
from tests.e2e.cli._command import Command


def test_a_named_budget_says_what_is_left(command: Command) -> None:
    database = command.variables["GROK_TREE_DATABASE"]
    with Client(database=database, model="scripted/echo", max_tokens=5_000, budget="june") as one:
        one.grok.create_conversation().add_response("hello", max_tokens=9).result()
    (found,) = command.run("budget", "june", "--json").records
    assert (found["name"], found["max_tokens"]) == ("june", 5_000)
    assert 0 < found["spent_tokens"] < 100
    shown = command.run("budget", "june").out.splitlines()
    assert shown[0] == "june"
    assert shown[1].endswith(" left")
    assert shown[2].endswith("no limit")


def test_a_server_without_a_ceiling_says_how_to_give_one(command: Command) -> None:
    done = command.run("budget")
    assert (done.code, done.out) == (0, "")
    assert "--max-cost-usd" in done.err
