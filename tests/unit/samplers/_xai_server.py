"""A server on loopback that speaks xAI's schema, by the modules of the official package.

What it says is decided by a script: an async generator that is given the request and the context.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from xai_sdk.proto import (
    chat_pb2,
    chat_pb2_grpc,
    embed_pb2,
    embed_pb2_grpc,
    models_pb2,
    models_pb2_grpc,
    sample_pb2,
    sample_pb2_grpc,
    tokenize_pb2,
    tokenize_pb2_grpc,
    usage_pb2,
)

from grok_tree.errors import GrokTreeError
from grok_tree.forest import SamplerEvent
from grok_tree.samplers import SamplerSetup, XaiSampler
from grok_tree.samplers._retrying import Retrying
from grok_tree.samplers.xai import Configuration

KEY = "xai-key-that-nobody-may-see"
MODEL = "grok-4.20-0309-non-reasoning"

Code = grpc.StatusCode
Script = Callable[[Any, Any], AsyncIterator[Any]]


def output(text: str = "", **fields: Any) -> Any:
    """Return a piece of an answer; fields of the delta are given by their names."""
    of_output = {name: fields.pop(name) for name in ("finish_reason", "index") if name in fields}
    logprobs = fields.pop("logprobs", None)
    role = fields.pop("role", chat_pb2.ROLE_ASSISTANT)
    delta = chat_pb2.Delta(content=text, role=role, **fields)
    return chat_pb2.CompletionOutputChunk(delta=delta, logprobs=logprobs, **of_output)


def chunk(*outputs: Any, **fields: Any) -> Any:
    """Return a chunk of a streamed answer."""
    named = {"id": "answer-1", "model": "grok-served", "system_fingerprint": "fp-7", **fields}
    return chat_pb2.GetChatCompletionChunk(outputs=outputs, **named)


def usage(**fields: Any) -> Any:
    """Return figures; by default eleven tokens of prompt and two of answer for 3.5 cents."""
    counted = {
        "prompt_tokens": 11,
        "completion_tokens": 2,
        "cost_in_usd_ticks": 350_000_000,
        **fields,
    }
    return usage_pb2.SamplingUsage(**counted)


def end(reason: int = sample_pb2.REASON_STOP, **fields: Any) -> Any:
    """Return the last chunk of an answer."""
    own = {name: fields.pop(name) for name in ("encrypted_content", "index") if name in fields}
    return chunk(output(finish_reason=reason, **own), **{"usage": usage(), **fields})


def says(*chunks: Any) -> Script:
    """Return a script that says some chunks to everybody."""

    async def script(request: Any, context: Any) -> AsyncIterator[Any]:
        del request, context
        for one in chunks:
            yield one

    return script


def says_words(*words: str) -> Script:
    """Return a script that says some words, and ends."""
    return says(*(chunk(output(word)) for word in words), end())


def fails(
    code: grpc.StatusCode, details: str, *, after: Sequence[Any] = (), **trailing: str
) -> Any:
    """Return a script that fails, maybe after some chunks."""

    async def script(request: Any, context: Any) -> AsyncIterator[Any]:
        del request
        for one in after:
            yield one
        metadata = tuple((name.replace("_", "-"), value) for name, value in trailing.items())
        await context.abort(code, details, metadata)

    return script


def hangs(*chunks: Any) -> Script:
    """Return a script that says some chunks, and then nothing for ever."""

    async def script(request: Any, context: Any) -> AsyncIterator[Any]:
        del request, context
        for one in chunks:
            yield one
        await asyncio.get_running_loop().create_future()

    return script


async def counts(request: Any, context: Any) -> AsyncIterator[Any]:
    """Say as many words as are allowed, five if nobody says; the seed decides where to begin."""
    if request.model not in (MODEL, "grok-4.7"):
        await context.abort(Code.NOT_FOUND, f"The model {request.model} does not exist")
    limit = request.max_tokens if request.HasField("max_tokens") else 5
    n_words = min(limit, 500)
    for number in range(n_words):
        word = f"{' ' if number else ''}word{request.seed + number}"
        yield chunk(output(word, logprobs=likely(word) if request.logprobs else None))
    reason = sample_pb2.REASON_MAX_LEN if limit < 5 else sample_pb2.REASON_STOP
    yield end(reason, usage=usage(completion_tokens=n_words))


def likely(token: str) -> Any:
    """Return the log-probabilities of a token and two others."""
    others = [
        chat_pb2.TopLogProb(token=token, logprob=-0.5),
        chat_pb2.TopLogProb(token=" other", logprob=-1.5),
    ]
    own = chat_pb2.LogProb(token=token, bytes=token.encode(), logprob=-0.5, top_logprobs=others)
    return chat_pb2.LogProbs(content=[own])


async def continues(request: Any, context: Any) -> AsyncIterator[Any]:
    """Say the prompt's last word over and over."""
    del context
    word = request.prompt[0].split()[-1]
    for _ in range(request.max_tokens):
        choice = sample_pb2.SampleChoice(text=f" {word}")
        yield sample_pb2.SampleTextResponse(id="text-1", model="grok-served", choices=[choice])
    last = sample_pb2.SampleChoice(finish_reason=sample_pb2.REASON_MAX_LEN)
    yield sample_pb2.SampleTextResponse(choices=[last], usage=usage())


class XaiServer:
    """What runs, what it was asked, and who left.

    Attributes:
        script: What it says to the next requests.
        continuing: How it continues texts.
        scripts: What it says before that, to one request each.
        requests: What it was asked, in order.
        metadata: What came with each request.
        n_busy: So many requests for vectors fail first.
    """

    def __init__(self) -> None:
        self.script: Script = counts
        self.continuing: Script = continues
        self.scripts: list[Script] = []
        self.requests: list[Any] = []
        self.metadata: list[dict[str, Any]] = []
        self.port = 0
        self.n_begun = self.n_done = 0
        self.n_cancelled = 0
        self.language_models: list[Any] = [models_pb2.LanguageModel(name=MODEL)]
        self.embedding_models: list[Any] = []
        self.without_embedding = False
        self.n_busy = 0
        self._changed = asyncio.Condition()
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", 20 * 1024 * 1024),
                ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            ]
        )

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def sampler(self, *, retrying: Retrying | None = None, **options: Any) -> XaiSampler:
        """Return a sampler of this server, with a key."""
        setup = SamplerSetup(
            {"TEST_KEY": KEY},
            {"host": self.host, "insecure": True, "key_variable": "TEST_KEY", **options},
        )
        return XaiSampler(Configuration.from_setup(setup), retrying=retrying or impatient())

    async def cancelled(self, n: int) -> None:
        """Wait until so many calls were cancelled by their callers."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.n_cancelled >= n)

    async def asked(self, n: int) -> None:
        """Wait until so many requests have come."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= n)

    async def answer(self, script: Script, request: Any, context: Any) -> AsyncIterator[Any]:
        """Say what a script says."""
        await self.note(request, context)
        said: list[bool] = []
        self.n_begun += 1
        context.add_done_callback(lambda _: self._ended(was_cut=not said))
        try:
            async for one in script(request, context):
                yield one
        except Exception:
            said.append(True)
            raise
        said.append(True)

    async def note(self, request: Any, context: Any) -> None:
        """Keep what was asked."""
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        await self._tell()

    def _ended(self, *, was_cut: bool) -> None:
        self.n_done += 1
        self.n_cancelled += was_cut
        self._telling = asyncio.ensure_future(self._tell())

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def start(self, *, port: int = 0) -> None:
        chat_pb2_grpc.add_ChatServicer_to_server(_Chat(self), self._server)
        models_pb2_grpc.add_ModelsServicer_to_server(_Models(self), self._server)
        embed_pb2_grpc.add_EmbedderServicer_to_server(_Embedder(self), self._server)
        sample_pb2_grpc.add_SampleServicer_to_server(_Sample(self), self._server)
        tokenize_pb2_grpc.add_TokenizeServicer_to_server(_Tokenize(self), self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(grace=None)

    async def left(self) -> None:
        """Wait until every call has ended here: gRPC tells the next test's loop of the rest."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.n_done == self.n_begun)


@asynccontextmanager
async def xai_server() -> AsyncIterator[XaiServer]:
    """A running server."""
    server = XaiServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        await server.left()


async def settled() -> None:
    """Let gRPC tell this loop what it still has to tell of calls that were cancelled.

    It tells all loops of a process through one queue, and fails in the next loop when this one is
    closed. A call after all others is the last that it tells of.
    """
    server = XaiServer()
    await server.start()
    async with grpc.aio.insecure_channel(server.host) as channel:
        stub = models_pb2_grpc.ModelsStub(channel)
        for _ in range(3):
            await stub.ListLanguageModels(empty_pb2.Empty())
    await server.stop()


async def cut(stream: AsyncGenerator[SamplerEvent, None]) -> tuple[list[Any], GrokTreeError]:
    """Read a sampling that fails; return what came, and how it failed."""
    came: list[Any] = []
    try:
        async with aclosing(stream):
            while True:
                came.append(await anext(stream))
    except GrokTreeError as error:
        return came, error
    except StopAsyncIteration:
        raise AssertionError(f"nothing failed: {came}") from None


def impatient() -> Retrying:
    """Return how a test repeats calls: as the sampler does, without waiting."""

    async def at_once(seconds: float) -> None:
        del seconds

    return Retrying(sleep=at_once)


class _Chat(chat_pb2_grpc.ChatServicer):  # type: ignore[misc]
    def __init__(self, server: XaiServer) -> None:
        self._server = server

    async def GetCompletionChunk(self, request: Any, context: Any) -> AsyncIterator[Any]:
        server = self._server
        script = server.scripts.pop(0) if server.scripts else server.script
        async for one in server.answer(script, request, context):
            yield one


class _Models(models_pb2_grpc.ModelsServicer):  # type: ignore[misc]
    def __init__(self, server: XaiServer) -> None:
        self._server = server

    async def ListLanguageModels(self, request: Any, context: Any) -> Any:
        await self._server.note(request, context)
        return models_pb2.ListLanguageModelsResponse(models=self._server.language_models)

    async def ListEmbeddingModels(self, request: Any, context: Any) -> Any:
        if self._server.without_embedding:
            await context.abort(Code.UNIMPLEMENTED, "no such thing")
        await self._server.note(request, context)
        return models_pb2.ListEmbeddingModelsResponse(models=self._server.embedding_models)


class _Embedder(embed_pb2_grpc.EmbedderServicer):  # type: ignore[misc]
    def __init__(self, server: XaiServer) -> None:
        self._server = server

    async def Embed(self, request: Any, context: Any) -> Any:
        """Give each text its length, and its number from the end first."""
        await self._server.note(request, context)
        if self._server.n_busy:
            self._server.n_busy -= 1
            await context.abort(Code.UNAVAILABLE, "busy")
        found = [
            embed_pb2.Embedding(
                index=index,
                embeddings=[embed_pb2.FeatureVector(float_array=[len(one.string), index])],
            )
            for index, one in enumerate(request.input)
        ]
        return embed_pb2.EmbedResponse(model="embed-served", embeddings=reversed(found))


class _Sample(sample_pb2_grpc.SampleServicer):  # type: ignore[misc]
    def __init__(self, server: XaiServer) -> None:
        self._server = server

    async def SampleTextStreaming(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for one in self._server.answer(self._server.continuing, request, context):
            yield one


class _Tokenize(tokenize_pb2_grpc.TokenizeServicer):  # type: ignore[misc]
    def __init__(self, server: XaiServer) -> None:
        self._server = server

    async def TokenizeText(self, request: Any, context: Any) -> Any:
        """Make a token of every two bytes."""
        await self._server.note(request, context)
        data = request.text.encode()
        pieces = [data[begin : begin + 2] for begin in range(0, len(data), 2)]
        tokens = [
            tokenize_pb2.Token(
                token_id=int.from_bytes(piece),
                string_token=piece.decode(errors="replace"),
                token_bytes=piece,
            )
            for piece in pieces
        ]
        return tokenize_pb2.TokenizeTextResponse(tokens=tokens, model=request.model)
