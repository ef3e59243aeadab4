from __future__ import annotations

from tests.e2e.cli._command import Command


def sampled(command: Command, message: str) -> tuple[str, str]:
    """Begin a conversation; return its id and the answer's."""
    command.run("sample", message)
    conversation = command.run("ls", "--json").records[0]["conversation_id"]
    answer = command.run("path", conversation, "--json").records[-1]["response_id"]
    return conversation, answer


def test_a_conversation_goes_and_comes_back_and_goes_for_good(command: Command) -> None:
    conversation, _ = sampled(command, "hello")
    assert command.run("delete", conversation[:18], "--json").records == [
        {"id": conversation, "n_deleted": 2}
    ]
    assert command.run("ls", "--json").records == []
    assert len(command.run("ls", "--deleted", "--json").records) == 1
    assert command.run("undelete", conversation[:18]).code == 0
    assert len(command.run("ls", "--json").records) == 1
    command.run("delete", conversation)
    purged = command.run("purge", conversation, "--yes", "--json")
    assert purged.records == [{"id": conversation, "n_purged": 2}]
    assert command.run("ls", "--deleted", "--json").records == []
    gone = command.run("undelete", conversation[:18])
    assert (gone.code, gone.out) == (1, "")
    assert "no deleted conversation" in gone.err


def test_a_response_goes_and_comes_back_and_goes_for_good(command: Command) -> None:
    conversation, answer = sampled(command, "hello")
    deleted = command.run("delete", answer)
    assert f"grok-tree undelete {answer}" in deleted.out
    assert command.run("undelete", answer, "--json").records == [{"id": answer, "n_restored": 1}]
    command.run("delete", answer)
    assert command.run("purge", answer, "--yes").code == 0
    again = command.run("undelete", answer)
    assert again.code == 1
    assert "was purged" in again.err
    assert len(command.run("path", conversation, "--json").records) == 1


def test_a_purge_without_a_terminal_must_be_meant(command: Command) -> None:
    conversation, _ = sampled(command, "hello")
    command.run("delete", conversation)
    refused = command.run("purge", conversation)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert command.run("undelete", conversation).code == 0


def test_what_is_not_deleted_is_not_purged(command: Command) -> None:
    _, answer = sampled(command, "hello")
    refused = command.run("purge", answer, "--yes")
    assert refused.code == 1
    assert "is not deleted" in refused.err
