"""Databases of the `llm` program."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from grok_tree.errors import FormatNotFound, MalformedDocument
from grok_tree.formats import Document, Skipped, read, read_all
from tests.unit.formats._samples import EXPECTED, TREES, check_counts, documents

LEGACY = "llm_logs/llm027_b.db"
ADDRESSED = "llm_logs/llm036_b.db"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that the real program wrote just now."""
    folder = tmp_path_factory.mktemp("llm")
    path = folder / "logs.db"
    script = Path(__file__).with_name("_llm_script.py")
    subprocess.run(
        [sys.executable, str(script), str(path)],
        env={**os.environ, "LLM_USER_PATH": str(folder)},
        check=True,
    )
    return path


def _copy(name: str, folder: Path) -> Path:
    path = folder / "logs.db"
    shutil.copyfile(TREES / name, path)
    return path


def _changed(name: str, folder: Path, *statements: str) -> Path:
    path = _copy(name, folder)
    with closing(sqlite3.connect(path)) as base:
        for statement in statements:
            base.execute(statement)
        base.commit()
    return path


def _documents(path: Path) -> list[Document]:
    found = list(read_all(path))
    assert not [one for one in found if isinstance(one, Skipped)]
    return [one for one in found if isinstance(one, Document)]


def test_a_legacy_row_is_a_prompt_and_a_reply() -> None:
    found = documents(LEGACY)
    expected = EXPECTED[LEGACY]["legacy"]
    assert len(found) == expected["conversations"]
    assert sum(one.counts.nodes for one in found) == expected["nodes_if_prompt_and_reply_split"]
    assert sum(one.sender == "assistant" for d in found for one in d.responses) == 5
    assert [one.counts.forks for one in found] == [0, 0]
    assert found[0].responses[1].message == "reply to What is the plan?"
    assert found[0].responses[1].model_name == "scripted-old"
    assert found[0].responses[1].create_time.isoformat() == "2026-11-21T02:36:26.375082+00:00"


def test_each_addressed_message_is_a_response() -> None:
    check_counts(ADDRESSED, EXPECTED[ADDRESSED]["messages"])
    (found,) = documents(ADDRESSED)
    turns = [one for one in found.responses if "turn" in one.origin.provenance]
    threads = [
        name for one in found.responses for name in one.origin.provenance if "thread " in name
    ]
    assert (len(turns), len(threads)) == (EXPECTED[ADDRESSED]["turns"], 8)
    assert {one.sender for one in turns} == {"assistant"}
    assert found.responses[1].settings.seed == 0
    assert found.responses[1].usage.total_tokens == 59
    # A message has no time of its own: it is that of the first turn that used it.
    assert found.responses[0].create_time == found.responses[1].create_time


def test_equal_samples_are_rebuilt_from_the_turns(tmp_path: Path) -> None:
    columns = (
        "id, thread_id, parent_message_hash, tip_message_hash, model, datetime_utc, input_tokens"
    )
    path = _changed(
        ADDRESSED,
        tmp_path,
        *(
            f"insert into turns ({columns}) select 'again{number}', thread_id,"
            f" parent_message_hash, tip_message_hash, model, '2027-01-01T00:00:0{number}', {number}"
            " from turns where id = '01m7xzbg3esehkj04f2w1bxjde'"
            for number in (1, 2)
        ),
    )
    (found,) = _documents(path)
    # Nodes are the messages and, for each turn that gave an answer again, that answer.
    assert found.counts.nodes == EXPECTED[ADDRESSED]["messages"]["nodes"] + 2
    answers = [one for one in found.responses if one.message == found.responses[1].message]
    assert [one.usage.prompt_tokens for one in answers] == [17, 1, 2]
    assert len({one.parent_response_id for one in answers}) == 1
    assert [len(found.forest.children(one.response_id)) for one in answers] == [1, 0, 0]
    assert found.conversation.leaf_response_id == answers[2].response_id


def test_what_the_real_program_writes_is_read(written: Path) -> None:
    before = written.read_bytes()
    coin, look, tools = _documents(written)
    assert [one.message for one in coin.responses] == [
        "Be brief",
        "Toss a coin",
        "heads",
        "tails",
        "Again",
        "after tails",
        "heads",
    ]
    assert [one.sender for one in coin.responses[:3]] == ["system", "human", "assistant"]
    heads = coin.responses[2]
    assert (heads.reasoning, heads.settings.temperature) == ("hm", 0.5)
    assert (heads.usage.completion_tokens, heads.usage.reasoning_tokens) == (4, 3)
    assert coin.counts.max_fanout == 3
    # A fragment is put back into the text; a file is named.
    assert look.responses[0].message == "A long fragment\nLook"
    assert look.responses[0].attachments[0].n_bytes == 5
    call = tools.responses[1].tool_calls[0]
    assert (call.name, json.loads(call.arguments)) == ("double", {"n": 21})
    assert (tools.responses[2].sender, tools.responses[2].message) == ("tool", "42")
    assert tools.responses[2].tool_call_id == call.call_id
    assert tools.responses[3].settings.tools[0].description == "Double it."
    assert written.read_bytes() == before


def test_a_system_prompt_is_a_response_when_it_changes(tmp_path: Path) -> None:
    path = _changed(LEGACY, tmp_path, "update responses set system = 'Be brief'")
    first, second = _documents(path)
    assert [one.sender for one in first.responses][:3] == ["system", "human", "assistant"]
    assert (first.counts.nodes, second.counts.nodes) == (7, 5)


def test_legacy_tools_fragments_and_files_are_joined(tmp_path: Path) -> None:
    row = "'01m7xzcmc7wp5avnkxafac2szf'"
    path = _changed(
        LEGACY,
        tmp_path,
        "insert into fragments (id, hash, content) values (1, 'h', 'Fragment')",
        f"insert into prompt_fragments values ({row}, 1, 0)",
        "insert into attachments values ('abc', 'image/png', '/tmp/a.png', null, x'0102')",
        f"insert into prompt_attachments values ({row}, 'abc', 0)",
        "insert into tools (id, name, input_schema) values (1, 'add', '{}')",
        f"insert into tool_responses values (1, {row})",
        f"insert into tool_calls values (1, {row}, 1, 'add', '[1]', 'call')",
        f"insert into tool_results (id, response_id, name, output, tool_call_id)"
        f" values (1, {row}, 'add', '3', 'call')",
        "insert into schemas values ('s', '{\"type\": \"object\"}')",
        f'update responses set options_json = \'{{"temperature": 1, "user": "x"}}\','
        f" resolved_model = 'm-2', schema_id = 's', duration_ms = 1500 where id = {row}",
    )
    result, prompt, reply = _documents(path)[0].responses[:3]
    assert (result.sender, result.message, result.tool_call_id) == ("tool", "3", "call")
    assert prompt.message == "Fragment\nWhat is the plan?"
    assert (prompt.attachments[0].name, prompt.attachments[0].n_bytes) == ("a.png", 2)
    assert reply.tool_calls[0].arguments == "[1]"
    assert [tool.name for tool in reply.settings.tools] == ["add"]
    assert reply.settings.response_format == '{"type": "object"}'
    assert (reply.settings.temperature, reply.timing.duration_s) == (1.0, 1.5)
    assert json.loads(reply.origin.raw) == {"options": {"user": "x"}, "schema_id": "s"}
    assert reply.origin.provenance == {"resolved_model": "m-2"}


def test_what_is_still_in_the_log_beside_it_is_read(tmp_path: Path) -> None:
    path = _copy(LEGACY, tmp_path)
    with closing(sqlite3.connect(path)) as base:
        base.execute("pragma journal_mode = wal")
        base.execute("pragma wal_autocheckpoint = 0")
        base.execute("update responses set response = 'changed'")
        base.commit()
        kept = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
        assert {one.responses[1].message for one in read(path)} == {"changed"}
        assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == kept


def test_what_a_crash_left_half_written_is_taken_back(tmp_path: Path) -> None:
    path = _copy(LEGACY, tmp_path)
    with closing(sqlite3.connect(path)) as base:
        base.execute("pragma cache_size = 1")
        base.execute("update responses set response = hex(randomblob(20000))")
        assert path.read_bytes() != (TREES / LEGACY).read_bytes()
        messages = {one.responses[1].message for one in read(path)}
    assert messages == {"reply to What is the plan?"}


def test_cycles_orphans_and_foreign_types_are_mended(tmp_path: Path) -> None:
    path = _changed(
        ADDRESSED,
        tmp_path,
        "insert into messages values ('o', 'gone', 'narrator', x'ff00')",
        "insert into messages values ('c', 'd', 5, '{')",
        "insert into messages values ('d', 'c', 'user', '[1]')",
        "insert into parts values (900, 'o', 0, 7, 8, 9.5,"
        ' \'{"text_ref": [3, {"fragment": []}]}\')',
        "insert into parts values (901, 'c', 0, 'attachment', null, null, '{\"attachment\": 3}')",
        "insert into turns (id, tip_message_hash, parent_message_hash, options_json, datetime_utc,"
        " input_tokens, duration_ms) values (x'00ff', 'd', 'nowhere', '[1]', 5, -3, 'x')",
    )
    found = _documents(path)
    assert [one.counts.nodes for one in found] == [46, 1, 2]
    assert [one.repair_counts for one in found][1:] == [
        {"inferred_role": 1, "orphan": 1},
        {"cycle_broken": 1, "inferred_role": 1},
    ]


def test_broken_databases_are_refused_by_name(tmp_path: Path) -> None:
    whole = (TREES / ADDRESSED).read_bytes()
    path = tmp_path / "logs.db"
    path.write_bytes(whole[:100_000])
    with pytest.raises((MalformedDocument, FormatNotFound), match=r"logs\.db"):
        list(read(path))
    path.write_bytes(whole[:16] + b"\xff" * 4000)
    with pytest.raises(MalformedDocument, match="the database is broken"):
        list(read(path, "llm"))
    dice = random.Random(3)
    refused = 0
    for _ in range(100):
        bad = bytearray(whole)
        for _ in range(3):
            start, length = dice.randrange(100, len(bad) - 200), dice.randrange(1, 100)
            bad[start : start + length] = dice.randbytes(length)
        path.write_bytes(bad)
        try:
            list(read_all(path))
        except (MalformedDocument, FormatNotFound) as error:
            refused += "logs.db" in str(error)
    assert 0 < refused < 100


def test_views_in_place_of_tables_are_not_run(tmp_path: Path) -> None:
    path = _changed(
        ADDRESSED,
        tmp_path,
        "drop table turns",
        "create view turns as with recursive n(x) as (select 1 union all select x from n)"
        " select x as id from n",
    )
    (found,) = _documents(path)
    assert found.counts.nodes == 46
