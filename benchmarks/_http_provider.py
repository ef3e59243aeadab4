"""A provider for the HTTP benchmark: streams made-up tokens on a schedule, and nothing else.

Usage: python -m benchmarks._http_provider FIRST_MS TOKEN_MS N_TOKENS; prints its port.
"""

from __future__ import annotations

import asyncio
import sys

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = (
    b'data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1795262285,'
    b'"model":"made-up","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":%b}]}\n\n'
)


def framed(event: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(event), event)


TOKEN = framed(CHUNK % b"null")
END = framed(CHUNK % b'"stop"') + framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Provider(asyncio.Protocol):
    """One connection; a timer a token costs less than a task."""

    def __init__(self, first_s: float, token_s: float, n_tokens: int) -> None:
        self.first_s, self.token_s, self.n_tokens = first_s, token_s, n_tokens
        self.loop = asyncio.get_running_loop()
        self.asked = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.asked += data
        head, found, body = self.asked.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if found and len(body) >= int(length):
            self.asked = b""
            self.transport.write(HEAD)
            self.due = self.loop.time() + self.first_s
            self.n_left = self.n_tokens
            self.loop.call_at(self.due, self.speak)

    def speak(self) -> None:
        if self.transport.is_closing():
            return
        self.n_left -= 1
        self.transport.write(TOKEN if self.n_left else END)
        if self.n_left:
            self.due += self.token_s
            self.loop.call_at(self.due, self.speak)


async def main(first_ms: float, token_ms: float, n_tokens: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: Provider(first_ms / 1e3, token_ms / 1e3, n_tokens), "127.0.0.1", 0, backlog=1_024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
