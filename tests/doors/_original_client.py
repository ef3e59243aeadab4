"""A client that behaves as the original's do on the wire, written from facts about them.

It keeps what programs can see: conversations that begin with the first token, a leaf of its own, a
future beside the stream, title and star always sent together, the whole history in each stateless
call. It is run in processes of its own.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import grpc.aio

from tests.doors._original_schema import Schema

CHAT = "/prompt_ide.Chat"
SAMPLER = "/prompt_ide.Sampler"
STATELESS = "/prompt_ide.StatelessChat"
FILES = "/prompt_ide.File"
COMPAT = "/compat.chat.Chat"


class _Key(grpc.AuthMetadataPlugin):
    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, _context: Any, callback: Any) -> None:
        callback((("apikey", self._key),), None)


def credentials(key: str) -> Any:
    """Return what a client of ``localhost:PORT`` brings: local credentials, and its key."""
    return grpc.composite_channel_credentials(
        grpc.local_channel_credentials(), grpc.metadata_call_credentials(_Key(key))
    )


class Wire:
    """Calls by their path, in the messages of one release."""

    def __init__(self, port: int, key: str, release: str) -> None:
        self.schema = Schema(release)
        self._channel = grpc.aio.secure_channel(f"localhost:{port}", credentials(key))

    def make(self, kind: str, package: str = "prompt_ide", /, **fields: Any) -> Any:
        return self.schema.message(kind, package)(**fields)

    def call(self, path: str, request: Any, *, metadata: Any = ()) -> Any:
        method = self.schema.methods[path]
        package = path[1:].rpartition(".")[0]
        opened = self._channel.unary_stream if method.streams else self._channel.unary_unary
        call = opened(
            path,
            request_serializer=type(request).SerializeToString,
            response_deserializer=self.schema.message(method.reply, package).FromString,
        )
        return call(request, metadata=metadata)

    async def close(self) -> None:
        await self._channel.close()


class Said:
    """A response, as the client caches it."""

    def __init__(self, conversation: Talk, proto: Any) -> None:
        self._conversation = conversation
        self.proto = proto
        self.id = proto.response_id

    @property
    def message(self) -> str:
        return str(self.proto.message)

    def select(self) -> None:
        self._conversation.leaf = self.id

    def resample(self) -> Answering:
        assert self.proto.sender != "human"
        self._conversation.leaf = self.proto.parent_response_id or None
        return self._conversation.say("")

    def replace(self, text: str) -> Answering:
        assert self.proto.sender == "human"
        self._conversation.leaf = self.proto.parent_response_id or None
        return self._conversation.say(text)

    async def share(self) -> str:
        conversation = self._conversation
        request = conversation.make(
            "ShareConversationRequest", conversation_id=conversation.id, response_id=self.id
        )
        shared = await conversation.wire.call(f"{CHAT}/ShareConversation", request)
        return str(shared.shared_id)


class Answering:
    """A stream of texts, and the future of the response; nothing is asked before it is read."""

    def __init__(self, conversation: Talk, text: str) -> None:
        self._conversation = conversation
        self._text = text
        self.kinds: list[str] = []
        self.response: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self.budgets: list[Any] = []

    async def __aiter__(self) -> AsyncIterator[str]:
        try:
            async for message in await self._conversation.open(self._text):
                kind = message.WhichOneof("response")
                if kind == "token":
                    kind = f"token.{message.token.WhichOneof('response')}"
                self.kinds.append(kind)
                match kind:
                    case "user_response":
                        self._conversation.keep(message.user_response)
                    case "token.token":
                        yield message.token.token.final_logit.string_token
                    case "token.budget":
                        budget = message.token.budget
                        self.budgets.append(100 * budget.tokens_spent / budget.token_limit)
                    case "model_response":
                        said = self._conversation.keep(message.model_response)
                        said.select()
                        self.response.set_result(said)
                    case _:
                        pass
        except Exception as error:
            self.response.set_exception(error)
        if not self.response.done():
            self.response.set_exception(RuntimeError("the stream ended without a response"))

    async def text(self) -> tuple[str, Said]:
        """Return all that came, and the response."""
        text = "".join([piece async for piece in self])
        return text, await self.response


class Talk:
    """A conversation, which the server knows once its first token is asked for."""

    def __init__(self, wire: Wire, id: str = "", *, model: str = "", fun: bool = False) -> None:
        self.wire = wire
        self.make = wire.make
        self.id = id
        self.model = model
        self.fun = fun
        self.leaf: str | None = None
        self.said: dict[str, Said] = {}
        self.proto: Any = None

    def keep(self, proto: Any) -> Said:
        said = Said(self, proto)
        self.said[said.id] = said
        return said

    async def load(self) -> None:
        request = self.make("GetConversationRequest", conversation_id=self.id)
        self.proto = await self.wire.call(f"{CHAT}/GetConversation", request)
        self.said = {}
        for one in self.proto.responses:
            self.leaf = self.keep(one).id

    def say(self, text: str) -> Answering:
        return Answering(self, text)

    async def open(self, text: str) -> Any:
        """Ask for an answer below the leaf, as it is when the stream is first read."""
        if not self.id:
            empty = self.make("CreateConversationRequest")
            self.proto = await self.wire.call(f"{CHAT}/CreateConversation", empty)
            self.id = self.proto.conversation_id
        old = {"use_grok": True} if self.wire.schema.release < "0.0.5" else {}
        request = self.make(
            "AddResponseRequest",
            conversation_id=self.id,
            message=text,
            model_name=self.model,
            parent_response_id=self.leaf or "",
            system_prompt_name="fun" if self.fun else "",
            **old,
        )
        return self.wire.call(f"{CHAT}/AddResponse", request)

    async def add_model_response(self, text: str, parent: str, *, partial: bool = False) -> Said:
        request = self.make(
            "AddModelResponseRequest",
            conversation_id=self.id,
            message=text,
            partial=partial,
            parent_response_id=parent,
        )
        said = self.keep(await self.wire.call(f"{CHAT}/AddModelResponse", request))
        said.select()
        return said

    async def update(self, *, title: str | None = None, starred: bool | None = None) -> Any:
        """Write title and star, both: what is not given is as it was when it was read."""
        request = self.make(
            "UpdateConversationRequest",
            conversation_id=self.id,
            title=self.proto.title if title is None else title,
            starred=self.proto.starred if starred is None else starred,
        )
        self.proto = await self.wire.call(f"{CHAT}/UpdateConversation", request)
        return self.proto

    async def generate_title(self) -> str:
        request = self.make(
            "GenerateTitleRequest", conversation_id=self.id, leaf_response_id=self.leaf or ""
        )
        return str((await self.wire.call(f"{CHAT}/GenerateTitle", request)).new_title)

    async def delete(self) -> None:
        request = self.make("DeleteConversationRequest", conversation_id=self.id)
        await self.wire.call(f"{CHAT}/DeleteConversation", request)


class StatelessTalk:
    """The chat whose history is here."""

    def __init__(self, wire: Wire, *, fun: bool = False) -> None:
        self._wire = wire
        self.history = wire.make(
            "StatelessConversation",
            stateless_conversation_id=secrets.token_hex(16),
            system_prompt_name="fun" if fun else "",
            **({} if wire.schema.release < "0.0.5" else {"x_posts_as_field": True}),
        )

    async def say(self, text: str, **fields: Any) -> Any:
        """Return the answer, whose pieces are joined as they come."""
        self.history.responses.add(sender=1, message=text, **fields)
        answer = self._wire.make("StatelessResponse", sender=2)
        async for piece in self._wire.call(f"{STATELESS}/AddResponse", self.history):
            answer.message += piece.message
            answer.query += piece.query
            if self._wire.schema.release >= "0.1.2":
                answer.debug_log.MergeFrom(piece.debug_log)
        self.history.responses.append(answer)
        return answer


class Compat:
    """The OpenAI-like client, on a blocking channel of its own."""

    def __init__(self, port: int, key: str, release: str) -> None:
        self._schema = Schema(release)
        self._channel = grpc.secure_channel(f"localhost:{port}", credentials(key))

    def create(self, messages: list[dict[str, str]], *, stream: bool = False, **given: Any) -> Any:
        old = self._schema.release < "0.2.1"
        said = [
            {"role": one["role"], "content": one["content"]}
            if old
            else {
                "role": one["role"],
                "content": [{"type": "text", "text": one["content"]}],
            }
            for one in messages
        ]
        defaults = {"max_tokens": 128, "n": 1, "temperature": 0.7, "top_p": 0.95, "seed": 4711}
        request = self._schema.message("GetCompletionsRequest", "compat.chat")(
            messages=said, **(defaults | given)
        )
        return self._streamed(request) if stream else self._whole(request)

    def _whole(self, request: Any) -> Any:
        reply = self._schema.message("GetChatCompletionResponse", "compat.chat")
        call = self._channel.unary_unary(
            f"{COMPAT}/GetCompletion", type(request).SerializeToString, reply.FromString
        )
        return call(request)

    def _streamed(self, request: Any) -> Iterator[Any]:
        piece = self._schema.message("GetChatCompletionChunk", "compat.chat")
        call = self._channel.unary_stream(
            f"{COMPAT}/GetCompletionChunk", type(request).SerializeToString, piece.FromString
        )
        yield from call(request)

    def close(self) -> None:
        self._channel.close()
