"""What a server says that other machines can reach."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from grok_tree.cli._serve_lines import client_lines

DOORS = ("native", "original", "xai", "openai")


@pytest.mark.parametrize("listening", ["0.0.0.0", "192.0.2.7"])
def test_other_machines_are_told_its_name_and_where_the_key_is(listening: str) -> None:
    server: Any = SimpleNamespace(address=f"{listening}:1", doors=DOORS)
    name = socket.gethostname() if listening == "0.0.0.0" else listening
    lines = client_lines(server, f"http://{listening}:2", has_key=True)
    assert lines == {
        "native": f'Client("insecure://{name}:1")',
        "original": f'xai_sdk.Client(os.environ["GROK_TREE_API_KEY"], api_host="{name}:1")',
        "xai": f'xai_sdk.Client(os.environ["GROK_TREE_API_KEY"], api_host="{name}:1",'
        " use_insecure_channel=True)",
        "openai": f"OPENAI_BASE_URL=http://{name}:2/v1 OPENAI_API_KEY=$GROK_TREE_API_KEY",
    }


def test_doors_that_are_not_there_have_no_line() -> None:
    server: Any = SimpleNamespace(address="[::1]:1", doors=("native",))
    assert client_lines(server, "http://[::1]:2", has_key=False) == {"native": 'Client("[::1]:1")'}
