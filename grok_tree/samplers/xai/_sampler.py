"""Live Grok: xAI's models, over gRPC."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Self

import msgspec

from grok_tree.errors import GrokTreeError, SamplerUnavailable
from grok_tree.forest import Model, SamplerEvent, Settings
from grok_tree.samplers._capabilities import check_capability
from grok_tree.samplers._contract import (
    Embeddings,
    Prompt,
    RawPrompt,
    SamplerSetup,
    TextToken,
)
from grok_tree.samplers._retrying import Retrying
from grok_tree.samplers.xai._answer import Answer
from grok_tree.samplers.xai._asking import Asking, Sibling
from grok_tree.samplers.xai._checks import check_beginning, check_settings
from grok_tree.samplers.xai._configuration import Configuration
from grok_tree.samplers.xai._connection import Connection, Method
from grok_tree.samplers.xai._embedding import embedding_requests, embeddings_of, vectors_of
from grok_tree.samplers.xai._errors import Call
from grok_tree.samplers.xai._models import (
    PROVIDER,
    embedding_models,
    known_models,
    language_models,
)
from grok_tree.samplers.xai._raw import RawAnswer, raw_request, stops_of
from grok_tree.samplers.xai._request import chat_request, for_sibling


class XaiSampler:
    """Grok, by the schema of xAI's official package on a channel of our own.

    Each sibling is a request of its own, so that each has its own id, cost and encrypted
    thoughts, and can be continued. All requests of a conversation carry its id, which leads them
    to the server that has its path in the cache.

    What can be configured is in `Configuration`.
    """

    provider = PROVIDER

    def __init__(
        self, configuration: Configuration | None = None, *, retrying: Retrying | None = None
    ) -> None:
        """Make a sampler; nothing is imported or opened yet.

        Args:
            configuration: Where xAI is, and with which key.
            retrying: How often a call is repeated that failed before it said anything.
        """
        self._configuration = configuration or Configuration()
        self._connection = Connection(self._configuration)
        self._asking = Asking(self._connection, retrying or Retrying())
        self._found: Sequence[Model] = known_models()
        self._closed = False

    @classmethod
    def from_setup(cls, setup: SamplerSetup) -> Self:
        """Return the sampler of this machine.

        Raises:
            ConfigurationError: An option is unknown, wrong or dangerous.
        """
        return cls(Configuration.from_setup(setup))

    def models(self) -> Sequence[Model]:
        """Return what xAI said it has; before it was asked, what is documented."""
        if not (reason := self._missing_reason()):
            return self._found
        return [msgspec.structs.replace(one, unavailable_because=reason) for one in self._found]

    async def refresh(self) -> None:
        """Ask xAI which models this key may use.

        Raises:
            GrokTreeError: It cannot be asked.
        """
        self._check_available("xAI")
        self._found = [*await self._language_models(), *await self._embedding_models()]

    def check(self, model: str, settings: Settings, n: int) -> None:  # noqa: ARG002
        """Refuse what is known not to work; of a model that is not known, nothing is.

        Raises:
            SamplerRefused: The model cannot follow a setting.
            SamplerUnavailable: The package or the key is missing, or the sampler is closed.
        """
        name = f"{PROVIDER}/{model}"
        listed = (one for one in self._found if name in (one.name, *one.aliases))
        check_settings(name, next(listed, None), settings)
        self._check_available(name)

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the events of all siblings as they come.

        Raises:
            GrokTreeError: A sibling failed; it is raised when the others have ended.
        """
        self.check(model, settings, n)
        check_beginning(f"{PROVIDER}/{model}", prompt)
        schema = await self._connection.schema()
        parallel = self._configuration.parallel_tool_calls
        request = await chat_request(schema, model, prompt, settings, parallel_tool_calls=parallel)
        siblings = [
            Sibling(
                for_sibling(request, settings, index),
                partial(Answer, schema, index, settings, request.ByteSize()),
            )
            for index in range(n)
        ]
        method = Method(schema.chat_grpc.ChatStub, "GetCompletionChunk")
        call = self._call(model, prompt.conversation_id)
        async with aclosing(self._asking.events(method, siblings, call)) as events:
            async for event in events:
                yield event

    async def complete(
        self, model: str, prompt: RawPrompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the events of n continuations of any text.

        Raises:
            GrokTreeError: A continuation failed; it is raised when the others have ended.
        """
        self.check(model, settings, n)
        check_capability(self, model, "completion", "continuing a text")
        schema = await self._connection.schema()
        requests = [raw_request(schema, model, prompt, settings, index=index) for index in range(n)]
        stops = stops_of(prompt, settings)
        siblings = [
            Sibling(request, partial(RawAnswer, index, settings, stops, request.ByteSize()))
            for index, request in enumerate(requests)
        ]
        method = Method(schema.sample_grpc.SampleStub, "SampleTextStreaming")
        async with aclosing(self._asking.events(method, siblings, self._call(model))) as events:
            async for event in events:
                yield event

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """Return a vector for each text.

        Raises:
            GrokTreeError: The model failed.
        """
        self._check_available(f"{PROVIDER}/{model}")
        schema = await self._connection.schema()
        method = Method(schema.embed_grpc.EmbedderStub, "Embed")
        vectors: list[list[float]] = []
        served = model
        for request in embedding_requests(schema, model, texts):
            response = await self._asking.result(method, request, self._call(model))
            served = response.model or served
            vectors.extend(vectors_of(request, response))
        return embeddings_of(texts, vectors, served)

    async def tokenize(self, model: str, text: str) -> Sequence[TextToken]:
        """Return the tokens of a text, as xAI tells them.

        Raises:
            GrokTreeError: It cannot be asked.
        """
        self.check(model, Settings(), 1)
        schema = await self._connection.schema()
        method = Method(schema.tokenize_grpc.TokenizeStub, "TokenizeText")
        request = schema.tokenize.TokenizeTextRequest(text=text, model=model)
        found = await self._asking.result(method, request, self._call(model))
        return [TextToken(one.token_id, one.token_bytes) for one in found.tokens]

    async def aclose(self) -> None:
        """End what runs and close the channel; the sampler cannot be used any more."""
        self._closed = True
        await self._connection.aclose()

    async def _language_models(self) -> list[Model]:
        return list(language_models(await self._listed("ListLanguageModels")))

    async def _embedding_models(self) -> list[Model]:
        try:
            return list(embedding_models(await self._listed("ListEmbeddingModels")))
        except GrokTreeError as error:
            # A key may be for language models alone, and a stand-in may know nothing else.
            if error.grpc_status in ("PERMISSION_DENIED", "UNIMPLEMENTED"):
                return []
            raise

    async def _listed(self, method: str) -> Sequence[Any]:
        from google.protobuf.empty_pb2 import Empty

        schema = await self._connection.schema()
        listing = Method(schema.models_grpc.ModelsStub, method)
        response = await self._connection.unary(listing, Empty(), self._call(""))
        found: Sequence[Any] = response.models
        return found

    def _call(self, model: str, conversation_id: str = "") -> Call:
        return Call(model, self._configuration, conversation_id)

    def _check_available(self, name: str) -> None:
        if reason := self._missing_reason():
            raise SamplerUnavailable(f"{name} cannot be used: {reason}")

    def _missing_reason(self) -> str:
        if self._closed:
            return "its sampler was closed; start again"
        return self._configuration.missing_reason()
