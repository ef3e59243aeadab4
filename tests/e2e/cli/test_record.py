"""Programs that know nothing of us are recorded as they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from grok_tree import Client
from grok_tree.cli._record_environment import SITE
from grok_tree.cli._record_program import run_program
from grok_tree.testing import server_process
from tests.e2e.cli._command import Command

OPENAI = """
    import openai

    client = openai.OpenAI()
    said = [{"role": "system", "content": "Be brief."}]

    def ask(question, n=1):
        said.append({"role": "user", "content": question})
        for _ in range(n):
            answer = client.chat.completions.create(model="gpt-x", messages=said)
        text = answer.choices[0].message.content
        said.append({"role": "assistant", "content": text})
        print(text)

    ask("one")
    ask("two", n=3)
    raise SystemExit(7)
"""
PLAIN = """
    import json, os, urllib.request

    def ask(*words):
        said = [{"role": "user", "content": word} for word in words]
        request = urllib.request.Request(
            os.environ["OPENAI_BASE_URL"] + "/chat/completions",
            json.dumps({"model": "gpt-x", "messages": said}).encode(),
            {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]},
        )
        with urllib.request.urlopen(request) as reply:
            print(json.load(reply)["choices"][0]["message"]["content"])

    ask("one")
    ask("two")
"""
XAI = """
    import asyncio
    import xai_sdk
    from xai_sdk.chat import user

    chat = xai_sdk.Client().chat.create(model="grok-4", messages=[user("one")])
    chat.append(chat.sample())
    chat.append(user("two"))
    print(chat.sample().content)

    async def main():
        async with xai_sdk.AsyncClient(api_key="of the user") as client:
            chat = client.chat.create(model="grok-4", messages=[user("one")])
            print((await chat.sample()).content)

    asyncio.run(main())
"""
BELOW_ONE = {"/one": 1, "/one/echo: one": 2, "/one/echo: one/two": 1}


def script(folder: Path, code: str) -> list[str]:
    """Write a script and return the command that runs it."""
    path = folder / "script.py"
    path.write_text(dedent(code), encoding="utf-8")
    return [sys.executable, str(path)]


def record(
    command: Command, program: list[str], *options: str, model: str = "scripted/echo"
) -> tuple[subprocess.Popen[bytes], bytes, str]:
    """Record a program to its end; return it with what came on both streams."""
    with command.start("record", "--model", model, *options, "--", *program) as process:
        out, errors = process.communicate(timeout=40)
    return process, out, errors.decode()


def paths(report: Path) -> dict[str, int]:
    """Return how often each path of messages is in a report."""
    found: dict[str, int] = {}
    known: dict[str | None, str] = {None: ""}
    for line in report.read_text("utf-8").splitlines():
        one = json.loads(line)
        path = f"{known[one.get('parent_response_id')]}/{one['message']}"
        known[one["response_id"]] = path
        found[path] = found.get(path, 0) + 1
    return found


def test_a_script_for_openai_leaves_a_forest_and_its_exit_code(command: Command) -> None:
    program = script(command.database.parent, OPENAI)
    process, out, errors = record(command, program)
    assert (process.returncode, out) == (7, b"echo: one\necho: two\n")
    assert "one  " in errors
    assert "6 responses, 3 tips" in errors
    assert errors.count("echo: two") == 3
    with Client(database=command.database) as client:
        (conversation,) = client.grok.list_conversations()
        conversation.load()
        provenance = conversation.leaf.value.origin.provenance  # type: ignore[union-attr]
    assert provenance["asked_model"] == "gpt-x"


def test_scripts_for_xai_are_led_here_in_every_style(command: Command, tmp_path: Path) -> None:
    report = tmp_path / "grown.jsonl"
    program = script(tmp_path, XAI)
    process, out, errors = record(command, program, "--report", str(report))
    assert (process.returncode, errors) == (0, "")
    assert out == b"echo: two\necho: one\n"
    assert paths(report) == BELOW_ONE | {"/one/echo: one/two/echo: two": 1}


def test_a_second_run_grows_the_forest_of_the_first(command: Command, tmp_path: Path) -> None:
    report = tmp_path / "grown.jsonl"
    program = script(tmp_path, PLAIN)
    assert record(command, program)[1] == b"echo: one\necho: two\n"
    record(command, program, "--report", str(report))
    assert paths(report) == {"/one": 1, "/one/echo: one": 2, "/two": 1, "/two/echo: two": 2}


def test_a_run_can_be_one_conversation_of_a_name(command: Command, tmp_path: Path) -> None:
    program = script(tmp_path, PLAIN + XAI)
    _, _, errors = record(command, program, "--conversation", "stüdy 7/ä")
    assert "stüdy 7/ä  " in errors
    assert "8 responses, 4 tips" in errors


def test_a_notebook_that_has_the_database_is_joined(command: Command, tmp_path: Path) -> None:
    with Client(database=command.database) as client:
        client.models.list()
        record(command, script(tmp_path, PLAIN))
        assert len(client.grok.list_conversations()) == 2


def test_a_server_that_has_the_database_is_joined_with_its_key(
    command: Command, tmp_path: Path
) -> None:
    command.variables["GROK_TREE_API_KEY"] = "swordfish"
    key = "import os; print(dict(os.environ))"
    with server_process(command.database, environment={"GROK_TREE_API_KEY": "swordfish"}):
        process, _, errors = record(command, script(tmp_path, PLAIN + XAI))
        _, keys, _ = record(command, [sys.executable, "-c", key])
    assert b"swordfish" not in keys
    assert (process.returncode, "6 responses, 3 tips" in errors) == (0, True)


def test_recording_can_be_off(command: Command, tmp_path: Path) -> None:
    process, out, errors = record(command, script(tmp_path, PLAIN), "--no-record")
    assert (process.returncode, out, errors) == (0, b"echo: one\necho: two\n", "")
    with Client(database=command.database) as client:
        assert len(client.grok.list_conversations()) == 0


def test_without_a_model_the_script_sees_that_there_is_none_of_its_name(command: Command) -> None:
    program = script(command.database.parent, OPENAI)
    with command.start("record", "--", *program) as process:
        _, errors = process.communicate(timeout=40)
    assert process.returncode == 1
    assert b"gpt-x" in errors
    assert b"nothing was recorded" in errors


STREAMING = """
    import openai

    stream = openai.OpenAI().chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hello"}], stream=True
    )
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            print("begun", flush=True)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_came_before_a_signal_is_kept(
    command: Command, tmp_path: Path, number: int, code: int
) -> None:
    program = script(tmp_path, STREAMING)
    with command.start("record", "--model", "scripted/hang", "--", *program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=40)
    assert process.returncode == code
    assert b"partial" in errors


def test_the_programs_streams_are_those_of_the_command(command: Command) -> None:
    code = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('seen')"
    process = command.start("record", "-q", "--", sys.executable, "-c", code, given="hello")
    with process:
        assert process.communicate(timeout=40) == (b"HELLO", b"seen")


def test_a_program_that_is_not_there_is_named(command: Command, tmp_path: Path) -> None:
    missing = command.run("record", "--", "no-such-program-anywhere")
    assert (missing.code, missing.err.splitlines()[0]) == (
        127,
        "error: there is no program 'no-such-program-anywhere'",
    )
    (tmp_path / "text").write_text("not a program")
    assert command.run("record", "--", str(tmp_path / "text")).code == 126
    (tmp_path / "text").chmod(0o755)
    assert command.run("record", "--", str(tmp_path / "text")).code == 126


def test_a_report_that_cannot_be_written_is_told_before_the_program_runs(
    command: Command, tmp_path: Path
) -> None:
    report, ran = tmp_path / "missing" / "grown.jsonl", tmp_path / "ran"
    done = command.run("record", "--report", str(report), "--", "touch", str(ran))
    assert (done.code, ran.exists()) == (1, False)
    assert str(report) in done.err


def test_a_signal_that_is_ignored_stays_so_in_the_program() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run_program(["sh", "-c", "kill -HUP $$; exit 7"], dict(os.environ)) == 7
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_no_key_of_the_user_reaches_the_program(command: Command) -> None:
    command.variables |= {"OPENAI_API_KEY": "secret-1", "XAI_API_KEY": "secret-2"}
    code = "import os; print('secret' in str(dict(os.environ)))"
    with command.start("record", "-q", "--", sys.executable, "-c", code) as process:
        assert process.communicate(timeout=40)[0] == b"False\n"


def run_python(folder: Path, code: str, **variables: Any) -> str:
    """Run code as a recorded program would be run, and return what it writes."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SITE), str(folder)]),
        "GROK_TREE_RECORDER": json.dumps(
            {"address": "unix:/nowhere", "near": True, "key": "ours", "metadata": [["a", "b"]]}
        ),
        **variables,
    }
    command = [sys.executable, "-c", dedent(code)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_another_sitecustomize_is_run_as_well(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('also', __name__)\nKEPT = 1\n")
    code = "import sitecustomize; print(sitecustomize.KEPT)"
    assert run_python(tmp_path, code) == "also sitecustomize\n1\n"


ORIGINAL = """
    import grpc, grpc.aio

    class Client:
        def __init__(self, api_key=None, *, api_host="api.x.ai", metadata=None):
            key = grpc.access_token_call_credentials(api_key)
            near = api_host.startswith("localhost:")
            make = grpc.local_channel_credentials if near else grpc.ssl_channel_credentials
            credentials = grpc.composite_channel_credentials(make(), key)
            self.channel = grpc.aio.secure_channel(api_host, credentials)
            self.seen = (api_key, api_host, metadata)
"""


def test_clients_of_the_original_are_led_unless_they_name_a_host(tmp_path: Path) -> None:
    (tmp_path / "xai_sdk.py").write_text(dedent(ORIGINAL))
    code = """
        import asyncio, xai_sdk
        async def main():
            for options in ({}, {"api_host": "api.x.ai:443"}, {"api_host": "lab.example"}):
                client = xai_sdk.Client("theirs", **options)
                print(*client.seen)
                await client.channel.close()
        asyncio.run(main())
    """
    led = "ours localhost:8733 (('a', 'b'),)\n"
    assert run_python(tmp_path, code) == f"{led}{led}theirs lab.example None\n"
