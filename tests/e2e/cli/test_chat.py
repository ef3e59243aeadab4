"""The chat in the terminal, driven through a pipe."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess

from tests.e2e.cli._command import INSTALLED, Command, read_until


def messages(command: Command) -> list[tuple[str, bool]]:
    """Return what the newest conversation holds, and whether each is a root."""
    conversation = command.run("ls", "--json").records[0]["conversation_id"]
    shown = command.run("show", conversation, "--json").records
    return [(record["message"], record["parent_response_id"] is None) for record in shown]


def test_lines_are_answered_until_an_empty_one(command: Command) -> None:
    chat = command.run("chat", given="one\ntwo\n\nthree\n")
    assert (chat.code, chat.out) == (0, "echo: one\necho: two\n")
    assert [message for message, _ in messages(command)] == ["one", "echo: one", "two", "echo: two"]


def test_the_first_turn_gives_the_conversation_a_title(command: Command) -> None:
    chat = command.run("chat", given="one\ntwo\n")
    (conversation,) = command.run("ls", "--json").records
    assert conversation["title"]
    assert chat.err == f"({conversation['title']})\n"


def test_a_chat_goes_on_where_another_ended(command: Command) -> None:
    command.run("chat", given="one\n")
    (conversation,) = command.run("ls", "--json").records
    command.run("chat", conversation["conversation_id"], given="two\n")
    assert [message for message, root in messages(command) if root] == ["one"]


def test_resampling_makes_siblings(command: Command) -> None:
    chat = command.run("chat", "--model", "scripted/varied", given="hi\n/resample 3\n/tree\n")
    assert "3 siblings; /select goes on from another" in chat.err
    assert len(messages(command)) == 5
    assert "5 responses, 4 tips" in chat.out
    assert "{+" in chat.out


def test_replacing_says_the_last_message_differently(command: Command) -> None:
    chat = command.run("chat", given="one\n/replace two\nthree\n")
    assert chat.out == "echo: one\necho: two\necho: three\n"
    assert messages(command) == [
        ("one", True),
        ("echo: one", False),
        ("two", True),
        ("echo: two", False),
        ("three", False),
        ("echo: three", False),
    ]


def test_selecting_goes_on_from_an_earlier_response(command: Command) -> None:
    command.run("chat", given="one\ntwo\n")
    (conversation,) = command.run("ls", "--json").records
    first = command.run("show", conversation["conversation_id"], "--json").records[1]
    chat = command.run(
        "chat",
        conversation["conversation_id"],
        given=f"/select {first['response_id']}\nother two\n/branch\n",
    )
    assert "going on from: echo: one" in chat.err
    branches = chat.out.splitlines()[1:]
    assert re.fullmatch(r"  \S+  echo: two", branches[0])
    assert re.fullmatch(r"\* \S+  echo: other two", branches[1])


def test_a_star_is_set_and_taken_away(command: Command) -> None:
    chat = command.run("chat", given="one\n/star\n/star\n/star\n")
    assert chat.err.splitlines()[1:] == ["starred", "not starred any more", "starred"]
    (conversation,) = command.run("ls", "--json").records
    assert " ★ " in command.run("show", conversation["conversation_id"]).out


def test_sharing_writes_an_address(command: Command) -> None:
    chat = command.run("chat", given="one\n/share\n")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/s/\S+", chat.out.splitlines()[1])


def test_help_lists_every_command(command: Command) -> None:
    listed = command.run("chat", given="/help\n").out
    for name in ("resample", "replace", "tree", "select", "star", "share", "branch", "help"):
        assert f"\n/{name}" in f"\n{listed}"


def test_mistakes_are_named_and_the_chat_goes_on(command: Command) -> None:
    chat = command.run(
        "chat", given="/tree\n/resample\n/nope\n/select zz\n/replace\n//slash\n/resample x\n"
    )
    assert chat.code == 0
    assert chat.out == "echo: /slash\n"
    assert [line.startswith("error: ") for line in chat.err.splitlines()].count(True) == 6


def test_a_failed_answer_is_named_and_gives_exit_code_3(command: Command) -> None:
    chat = command.run("chat", "--model", "scripted/fail-2", given="one\n/tree\n")
    assert chat.code == 3
    assert chat.out.startswith("word1 word2\n")
    assert "[partial: failed] word1 word2" in chat.out
    assert "error: scripted/fail-2 failed" in chat.err


def test_interrupting_an_answer_keeps_it_and_the_chat_goes_on_from_it(command: Command) -> None:
    given = "one\n/tree\n"
    with command.start("chat", "--model", "scripted/hang", given=given) as process:
        read_until(process, b"waiting")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 0
    assert b"kept as partial response" in errors
    assert b"[leaf, partial: cancelled] waiting" in output


def test_on_a_terminal_there_is_a_prompt_and_ctrl_d_ends_it(command: Command) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | command.variables | {"NO_COLOR": "1", "TERM": "dumb"}
    with subprocess.Popen(
        [INSTALLED, "chat"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        _answer(ours, b"You: ", b"hello\n")
        _answer(ours, b"echo: hello", b"")
        _answer(ours, b"You: ", b"\x04")
        assert process.wait() == 0
    os.close(ours)


def _answer(terminal: int, awaited: bytes, typed: bytes) -> None:
    """Read what is shown until it holds `awaited`, then type."""
    shown = b""
    while awaited not in shown:
        shown += os.read(terminal, 1)
    os.write(terminal, typed)
