"""From a program through its embedded server to xAI, whose place a server of these tests takes."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.unit.samplers._xai_server import chunk, hangs, output, xai_server

pytestmark = pytest.mark.anyio
LEAVING = """
import asyncio
from grok_tree import AsyncClient

async def main():
    async with AsyncClient() as client:
        conversation = client.grok.create_conversation(model_name="xai/grok-4.7")
        async with conversation.add_response("hi") as sampling:
            async for token in sampling:
                print(token, flush=True)
                break
        await asyncio.to_thread(input)
        await conversation.refresh()
        print([(one.message, one.partial) for one in conversation.forest.responses])

asyncio.run(main())
"""


async def test_a_program_that_leaves_stops_the_model_at_xai(tmp_path: Path) -> None:
    async with xai_server() as xai:
        xai.script = hangs(chunk(output("One")))
        table = f'[xai]\nhost = "{xai.host}"\ninsecure = true\n'
        (tmp_path / "config.toml").write_text(table)
        environment = {
            **os.environ,
            "GROK_TREE_DATABASE": str(tmp_path / "forests.db"),
            "GROK_TREE_CONFIG": str(tmp_path / "config.toml"),
        }
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            LEAVING,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        assert program.stdout is not None
        async with asyncio.timeout(20):
            assert await program.stdout.readline() == b"One\n"
            async with asyncio.timeout(2):
                await xai.cancelled(1)
            rest, errors = await program.communicate(b"\n")

    assert (program.returncode, errors.decode()) == (0, "")
    assert rest == b"[('hi', False), ('One', True)]\n"
