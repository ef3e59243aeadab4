"""Many programs, threads and tasks on one conversation: nothing is lost, doubled or undone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import anyio
import pytest

from grok_tree import AsyncClient, Client, SyncConversation
from grok_tree.testing import ServerProcess, server_process
from tests.patience import PATIENCE_S

N_PROGRAMS = 4
N_EACH = 12


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with server_process(tmp_path / "forests.db") as running:
        yield running


def run_together(program: str, *arguments: str) -> list[list[str]]:
    """Run a program several times at once, each with its number; return what each has written."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, *arguments, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(N_PROGRAMS)
    ]
    for process in running:  # all are ready, then all go
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.stdout.readline() for process in running if process.stdout is not None]
    done = [process.communicate(timeout=PATIENCE_S) for process in running]
    assert [process.returncode for process in running] == [0] * N_PROGRAMS, done
    return [json.loads(line) for line in said]


SAMPLE = f"""
import asyncio, json, sys
from grok_tree import AsyncClient
host, conversation_id, parent, number = sys.argv[1:]
async def main():
    async with AsyncClient(host, mirror=False) as client:
        conversation = await client.grok.get_conversation(conversation_id)
        print("ready", flush=True)
        input()
        def ask(n):
            return conversation.add_response(f"p{{number}} t{{n}}", parent=parent).result()
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(ask(n)) for n in range({N_EACH})]
        print(json.dumps([task.result().response_id for task in asked]))
asyncio.run(main())
"""


def test_samplings_of_many_programs_are_all_there_in_one_order(server: ServerProcess) -> None:
    with Client(server.host, mirror=False) as client:
        conversation = client.grok.create_conversation()
        root = conversation.add_response("root").result()
        arguments = (server.host, conversation.conversation_id, root.response_id)
        made = run_together(SAMPLE, *arguments)

        conversation.refresh()
        questions = root.children
        assert len(questions) == N_PROGRAMS * N_EACH
        answers = [question.children[0] for question in questions]
        assert {answer.response_id for answer in answers} == {one for ids in made for one in ids}
        for question, answer in zip(questions, answers, strict=True):
            assert answer.message == f"echo: {question.message}"
        again = client.grok.get_conversation(conversation.conversation_id)
        assert [r.response_id for r in again.forest] == [r.response_id for r in conversation.forest]
        assert again.leaf is not None
        assert again.leaf.response_id in {answer.response_id for answer in answers}


UPDATE = f"""
import json, sys
from grok_tree import Client
host, conversation_id, response_id, number = sys.argv[1:]
with Client(host, mirror=False) as client:
    conversation = client.grok.get_conversation(conversation_id)
    response = conversation.get_response(response_id)
    print("ready", flush=True)
    input()
    for n in range({N_EACH}):
        if number == "0":
            conversation.set_title(f"title {{n}}")
            response.note(f"note {{n}}")
        elif number == "1":
            (conversation.unstar if n % 2 else conversation.star)()
            (response.star if n % 2 else response.unstar)()
        elif number == "2":
            (response.parent_response if n % 2 else response).select()
            response.tag(f"tag{{n}}")
        else:
            response.score(f"score{{n}}", n)
            conversation.add_response("more", parent=None).result()
    print("[]")
"""


def test_changes_of_many_programs_do_not_undo_each_other(server: ServerProcess) -> None:
    with Client(server.host, mirror=False) as client:
        conversation = client.grok.create_conversation()
        answer = conversation.add_response("root").result()
        run_together(UPDATE, server.host, conversation.conversation_id, answer.response_id)

        conversation.refresh()
        last = N_EACH - 1
        assert (conversation.title, conversation.starred) == (f"title {last}", False)
        marks = answer.value.marks
        assert (marks.note, marks.starred) == (f"note {last}", True)
        assert marks.tags == tuple(sorted(f"tag{n}" for n in range(N_EACH)))
        assert marks.scores == {f"score{n}": n for n in range(N_EACH)}
        assert len(conversation.root_responses) == 1 + N_EACH


BEGIN = """
import json, sys
from grok_tree import Client
database, number = sys.argv[1:]
print("ready", flush=True)
input()
with Client(database=database, model="scripted/echo") as client:
    conversation = client.grok.create_conversation()
    answer = conversation.add_response(f"program {number}").result()
    print(json.dumps([conversation.conversation_id, answer.message]), flush=True)
    sys.stdin.read()  # whoever has the file stays until all have their answer
"""


def test_programs_that_begin_together_share_one_file(tmp_path: Path) -> None:
    database = tmp_path / "forests.db"
    begun = run_together(BEGIN, str(database))
    with Client(database=database) as client:
        there = {str(one.conversation_id): one for one in client.grok.iter_conversations()}
        assert there.keys() == {conversation_id for conversation_id, _ in begun}
        for number, (conversation_id, message) in enumerate(begun):
            there[conversation_id].load()
            assert there[conversation_id].forest.responses[-1].message == message
            assert message == f"echo: program {number}"


@pytest.mark.anyio
async def test_first_turns_of_many_tasks_create_one_conversation(server: ServerProcess) -> None:
    async with AsyncClient(server.host, mirror=False) as client:
        conversation = client.grok.create_conversation(title="once")
        async with anyio.create_task_group() as tasks:
            for number in range(N_EACH):
                tasks.start_soon(conversation.add_response(f"m{number}").result)
        (only,) = await client.grok.list_conversations()
        assert only.conversation_id == conversation.conversation_id
        fresh = await client.grok.get_conversation(only.conversation_id)
        assert len(fresh.root_responses) == N_EACH


def test_first_turns_of_many_threads_create_one_conversation(server: ServerProcess) -> None:
    barrier = Barrier(N_PROGRAMS)

    def begin(conversation: SyncConversation, number: int) -> str:
        barrier.wait(PATIENCE_S)
        return conversation.add_response(f"m{number}").result().message

    with Client(server.host, mirror=False) as client, ThreadPoolExecutor(N_PROGRAMS) as threads:
        conversation = client.grok.create_conversation(title="once")
        said = threads.map(lambda number: begin(conversation, number), range(N_PROGRAMS))
        assert list(said) == [f"echo: m{number}" for number in range(N_PROGRAMS)]
        (only,) = client.grok.list_conversations()
        assert only.conversation_id == conversation.conversation_id
        assert len(conversation.root_responses) == N_PROGRAMS


def test_threads_change_different_fields_without_undoing_each_other(server: ServerProcess) -> None:
    with Client(server.host, mirror=False) as client, ThreadPoolExecutor(4) as threads:
        conversation = client.grok.create_conversation()
        answer = conversation.add_response("root").result()
        handles = [client.grok.get_conversation(conversation.conversation_id) for _ in range(4)]
        for number in range(N_EACH):
            changes = [
                threads.submit(handles[0].set_title, f"title {number}"),
                threads.submit(handles[1].star if number % 2 else handles[1].unstar),
                threads.submit(answer.tag, f"tag{number}"),
                threads.submit(answer.score, f"score{number}", number),
            ]
            for change in changes:
                change.result(PATIENCE_S)
            fresh = client.grok.get_conversation(conversation.conversation_id)
            assert (fresh.title, fresh.starred) == (f"title {number}", number % 2 == 1)
        marks = client.grok.get_response(answer.response_id).value.marks
        assert len(marks.tags) == len(marks.scores) == N_EACH
