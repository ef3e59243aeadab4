"""Listening for HTTP."""

from __future__ import annotations

import socket

from grok_tree.web._listen import listening_socket


def test_small_answers_need_not_wait_for_each_other() -> None:
    # What is accepted is of the listener's protocol, and asyncio turns Nagle's algorithm off
    # only where that is TCP by name: otherwise every second answer takes 40 ms longer.
    with listening_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
