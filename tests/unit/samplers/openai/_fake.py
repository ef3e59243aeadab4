"""A provider on a raw socket that does exactly what a test says, byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

KEY = "sk-canary-0123456789"


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """What is sent back.

    Attributes:
        body: Its pieces, each written and flushed by itself.
        chunked: Framed in chunks, else by the end of the connection.
        cut_after: So many bytes of the body are sent, framed as if more came, then the connection
            ends; None for all.
        hang: Where nothing more comes: ``before headers``, ``after headers`` or ``after body``.
    """

    body: tuple[bytes, ...] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = True
    cut_after: int | None = None
    hang: str = ""


class Fake:
    """A running provider; replies in the order in which they are given, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: list[Reply] = []
        self.answer: Callable[[Asked], Reply] | None = None
        self.n_open = 0
        self.closed = asyncio.Event()
        self.address = ""

    def next_reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.answer is not None:
            return self.answer(asked)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_open += 1
        try:
            while (asked := await _request(reader)) is not None:
                reply = self.next_reply(asked)
                await _send(reply, reader, writer)
                if not reply.chunked or reply.cut_after is not None:
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.n_open -= 1
            self.closed.set()
            writer.close()


@asynccontextmanager
async def running_fake(*replies: Reply) -> AsyncIterator[Fake]:
    """Run a provider on a free port."""
    fake = Fake()
    fake.replies = list(replies)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield fake
    finally:
        server.close()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    headers = {}
    for line in head[1:-2]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    raw = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(head[0].split()[1], headers, json.loads(raw) if raw else None)


async def _send(reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if reply.hang == "before headers":
        await reader.read()
        return
    framing = {"Transfer-Encoding": "chunked"} if reply.chunked else {"Connection": "close"}
    headers = {"Content-Type": "text/event-stream", **framing, **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} Said\r\n{lines}\r\n".encode())
    if reply.hang == "after headers":
        await reader.read()
        return
    left = reply.cut_after
    for piece in reply.body:
        sent = piece if left is None else piece[:left]
        if left is not None:
            left -= len(sent)
        if sent:
            writer.write(b"%x\r\n%b\r\n" % (len(sent), sent) if reply.chunked else sent)
            await writer.drain()
        if left == 0:
            return
    if reply.hang == "after body":
        await reader.read()
        return
    if reply.chunked:
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def event(**chunk: Any) -> bytes:
    """Return an event of a stream."""
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def said(text: str | None = None, *, index: int = 0, **choice: Any) -> bytes:
    """Return an event that adds to a sibling."""
    delta = {} if text is None else {"content": text}
    return event(
        id="chat-1",
        model="served-1",
        choices=[{"index": index, "delta": delta, "finish_reason": None, **choice}],
    )


def ended(reason: str = "stop", *, index: int = 0) -> bytes:
    """Return an event that ends a sibling."""
    return said(index=index, finish_reason=reason)


DONE = b"data: [DONE]\n\n"


def used(prompt: int = 5, completion: int = 2, **more: Any) -> bytes:
    """Return an event that counts."""
    total = {"total_tokens": prompt + completion}
    counted = {"prompt_tokens": prompt, "completion_tokens": completion, **total, **more}
    return event(choices=[], usage=counted)


def stream(*texts: str) -> tuple[bytes, ...]:
    """Return the body of a whole answer."""
    return (*map(said, texts), ended(), used(completion=len(texts)), DONE)


def failed(status: int, message: str = "no", **options: Any) -> Reply:
    """Return an error as such servers send it."""
    code = options.pop("code", None)
    body = json.dumps({"error": {"message": message, "type": "some_error", "code": code}})
    headers = {"Content-Type": "application/json", **options.pop("headers", {})}
    return Reply((body.encode(),), status=status, headers=headers, **options)


def whole(*messages: str) -> Reply:
    """Return an answer of a server that does not stream; all siblings have the number 0."""
    choices = [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for text in messages
    ]
    body = json.dumps({"id": "c", "model": "served-1", "choices": choices}).encode()
    return Reply((body,), headers={"Content-Type": "application/json"})


def joined(pieces: Iterable[bytes]) -> bytes:
    """Return a body in one piece."""
    return b"".join(pieces)
