"""Models behind any HTTP server that speaks the OpenAI protocol."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Self

from grok_tree.errors import GrokTreeError, ModelNotFound, SamplerUnavailable, SamplingInterrupted
from grok_tree.forest import Model, SamplerEvent, Settings
from grok_tree.samplers._capabilities import (
    check_attachments_supported,
    check_capability,
    check_settings_supported,
)
from grok_tree.samplers._contract import (
    Embeddings,
    Prompt,
    RawPrompt,
    SamplerSetup,
    TextToken,
    Turn,
)
from grok_tree.samplers._merged import merged
from grok_tree.samplers._pace import Clock, Pace, Sleep
from grok_tree.samplers._retrying import Retrying
from grok_tree.samplers.openai import _embeddings, _tokens
from grok_tree.samplers.openai._answer import Answers
from grok_tree.samplers.openai._endpoint import OPENAI, OPENAI_URL, Endpoint, endpoint
from grok_tree.samplers.openai._failures import Asked, is_passing
from grok_tree.samplers.openai._models import named_model, read_models
from grok_tree.samplers.openai._reading import read_reply
from grok_tree.samplers.openai._requests import Request, chat_request, completion_request
from grok_tree.samplers.openai._transport import Transport
from grok_tree.samplers.openai._usage import BYTES_A_TOKEN

PACKAGE = "aiohttp"
INSTALL = "pip install 'grok-tree[openai]'"
KEY_VARIABLE = "OPENAI_API_KEY"
URL_VARIABLE = "OPENAI_BASE_URL"

Events = AsyncGenerator[SamplerEvent, None]


@dataclass(frozen=True)
class _Asking:
    """What is asked for all siblings.

    Attributes:
        echo: The beginning of the answer, where the server may repeat it.
    """

    model: str
    request: Request
    settings: Settings
    echo: str = ""


@dataclass
class _Call:
    """One request.

    Attributes:
        indexes: The siblings that it asks for.
        missing: Those that the server left out.
    """

    asking: _Asking
    indexes: Sequence[int]
    missing: Sequence[int] = ()


class OpenAISampler:
    """The models of one OpenAI-compatible server.

    Siblings are sampled by one request where the server samples several, else by a request each.
    With a seed they are only where it gives sibling i the seed + i; elsewhere each request has its
    own. A request that failed before it said anything is repeated.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        key: str = "",
        key_needed: bool = True,
        clock: Clock = time.monotonic,
        sleep: Sleep | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Make a sampler; nothing is imported or connected yet.

        Args:
            endpoint: The server.
            key: Sent to it and shown to nobody; empty for none.
            key_needed: Whether an endpoint with a `key_variable` is of no use without a key.
            clock: Seconds that only grow.
            sleep: Waits so many seconds; by default until then or until the sampler is closed.
            now: Seconds since 1970.
        """
        self._endpoint = endpoint
        self._can = endpoint.can
        self._key = key.strip()
        self._key_needed = key_needed and bool(endpoint.key_variable)
        self._clock, self._now = clock, now
        self._sleep = sleep or self._pause
        self._transport = Transport(endpoint, self._key)
        self._paces: dict[str, Pace] = {}
        self._listed: list[Model] = []
        self._one_by_one: set[str] = set()
        self._closed = asyncio.Event()
        self._retrying = Retrying(
            patience_s=endpoint.patience_s,
            worth_it=self._is_worth_repeating,
            clock=clock,
            sleep=self._sleep,
        )

    @classmethod
    def from_setup(cls, setup: SamplerSetup) -> Self:
        """Return the sampler of the provider ``openai``.

        It is OpenAI itself unless ``OPENAI_BASE_URL`` or the table ``[endpoints.openai]`` of the
        configuration names another server; such a one may need no key.

        Raises:
            ConfigurationError: The table makes no sense.
        """
        base_url = setup.environment.get(URL_VARIABLE) or OPENAI_URL
        table = {"base_url": base_url, "key_variable": KEY_VARIABLE, **setup.options}
        is_openai = table["base_url"] == OPENAI_URL
        if is_openai:
            table.setdefault("server", "openai")
        key_needed = is_openai or "key_variable" in setup.options
        return cls.from_endpoint(endpoint(OPENAI, table), setup, key_needed=key_needed)

    @classmethod
    def from_endpoint(
        cls, endpoint: Endpoint, setup: SamplerSetup, *, key_needed: bool = True
    ) -> Self:
        """Return the sampler of a configured server, with its key from the environment."""
        key = setup.environment.get(endpoint.key_variable, "") if endpoint.key_variable else ""
        return cls(endpoint, key=key, key_needed=key_needed)

    @property
    def provider(self) -> str:
        """The name of the endpoint."""
        return self._endpoint.name

    @property
    def price_provider(self) -> str:
        """The address, by which the table of public prices knows its provider."""
        return self._endpoint.base_url

    def models(self) -> Sequence[Model]:
        """Return the models that are configured or that the server has named."""
        missing = self._missing_reason()
        listed = {} if missing else {model.name: model for model in self._listed}
        for name in self._endpoint.models:
            model = named_model(name, self._endpoint, missing)
            listed.setdefault(model.name, model)
        if not listed:
            reason = missing or "its models are not known before it was asked for them"
            return [named_model("?", self._endpoint, reason)]
        return [listed[name] for name in sorted(listed)]

    async def refresh(self) -> None:
        """Ask the server which models it has.

        Raises:
            GrokTreeError: It cannot be asked.
        """
        self._check_usable("*")
        asked = self._asked("*")
        body = await self._transport.get("/models", asked)
        self._listed = read_models(body, self._endpoint, asked)

    def check(self, model: str, settings: Settings, n: int) -> None:  # noqa: ARG002
        """Refuse what the server cannot do; which models it has, only it can say.

        Raises:
            SamplerRefused: It cannot follow a setting.
            SamplerUnavailable: The library or the key is missing, or the sampler is closed.
        """
        self._check_usable(model)
        check_settings_supported(f"{self.provider}/{model}", self._can, settings)

    async def sample(self, model: str, prompt: Prompt, settings: Settings, n: int) -> Events:
        """Yield the events of n siblings as they come.

        Raises:
            AccessError: The key is wrong, or does not allow this model.
            ContextTooLong: The path does not fit.
            ModelNotFound: The server has no such model.
            RateLimited: The server wants to be asked later, also after several tries.
            SamplerRefused: It does not take the request.
            SamplerUnavailable: It cannot be reached.
            SamplingInterrupted: The stream was cut; what came is whole.
        """
        self.check(model, settings, n)
        await self._check_listed(model)
        turns = await prompt.load_turns()
        self._check_prompt(model, prompt, turns)
        request = await chat_request(model, prompt, turns, settings=settings, to=self._endpoint)
        echo = prompt.prefill if self._endpoint.continues == "llama.cpp" else ""
        asking = _Asking(model, request, settings, echo)
        async with aclosing(self._siblings(asking, n)) as events:
            async for event in events:
                yield event

    async def complete(self, model: str, prompt: RawPrompt, settings: Settings, n: int) -> Events:
        """Yield the events of n continuations of a text, with the errors of `sample`."""
        self.check(model, settings, n)
        await self._check_listed(model)
        check_capability(self, model, "completion", "a text without a conversation")
        request = completion_request(model, prompt, settings=settings, to=self._endpoint)
        async with aclosing(self._siblings(_Asking(model, request, settings), n)) as events:
            async for event in events:
                yield event

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """Return a vector for each text.

        Raises:
            GrokTreeError: As in `sample`.
        """
        self._check_usable(model)
        await self._check_listed(model)
        check_capability(self, model, "embeddings", "a text as a vector")
        if not texts:
            return Embeddings([], model)
        size = _embeddings.TEXTS_PER_REQUEST
        some = [texts[begin : begin + size] for begin in range(0, len(texts), size)]
        return _embeddings.joined(
            [await self._retrying.result(partial(self._embed, model, part)) for part in some]
        )

    async def tokenize(self, model: str, text: str) -> Sequence[TextToken]:
        """Return the tokens of a text.

        Raises:
            GrokTreeError: As in `sample`.
        """
        self._check_usable(model)
        await self._check_listed(model)
        check_capability(self, model, "tokenizer", "a text as tokens")
        return await self._retrying.result(partial(self._tokenize, model, text))

    async def aclose(self) -> None:
        """Close all connections; what runs ends with an error."""
        self._closed.set()
        await self._transport.aclose()

    async def _embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        body = _embeddings.embedding_request(model, texts)
        asked = self._asked(model)
        async with self._pace(model).turn(len(body) // BYTES_A_TOKEN) as turn:
            async with self._transport.post(_embeddings.PATH, body, asked) as reply:
                found = _embeddings.read_embeddings(await reply.whole(), len(texts), model, asked)
            turn.used(found.usage.prompt_tokens)
        return found

    async def _tokenize(self, model: str, text: str) -> Sequence[TextToken]:
        server = self._endpoint.server
        body = _tokens.tokenize_request(server, model, text)
        asked = self._asked(model)
        async with (
            self._pace(model).turn(),
            self._transport.post(_tokens.PATH, body, asked, at_root=True) as reply,
        ):
            return _tokens.read_tokens(server, await reply.whole(), text, asked)

    def _siblings(self, asking: _Asking, n: int) -> Events:
        at_once = self._endpoint.siblings_at_once(seeded=asking.settings.seed is not None)
        if asking.model in self._one_by_one:
            at_once = 1
        calls = [
            _Call(asking, range(begin, min(begin + at_once, n))) for begin in range(0, n, at_once)
        ]
        streams = [self._answered(call) for call in calls]
        return streams[0] if len(streams) == 1 else merged(streams)

    async def _answered(self, call: _Call) -> Events:
        """Yield the events of a request, and of those that make up for what it left out."""
        async with aclosing(self._retrying.events(partial(self._attempt, call))) as events:
            async for event in events:
                yield event
        if not call.missing:
            return
        # A server that knows no siblings answers once, whatever it is asked.
        self._one_by_one.add(call.asking.model)
        others = [self._answered(_Call(call.asking, [index])) for index in call.missing]
        async with aclosing(merged(others)) as events:
            async for event in events:
                yield event

    async def _attempt(self, call: _Call) -> Events:
        asking = call.asking
        settings = asking.settings
        seed = None if settings.seed is None else settings.seed + call.indexes[0]
        body = asking.request.numbered(len(call.indexes), seed)
        asked = self._asked(asking.model)
        answers = Answers(call.indexes, settings, asked, prompt_bytes=len(body))
        answers.echo = asking.echo
        expected = len(body) // BYTES_A_TOKEN + (settings.max_tokens or 0) * len(call.indexes)
        async with self._pace(asking.model).turn(expected) as turn:
            async with (
                self._transport.post(asking.request.path, body, asked) as reply,
                aclosing(read_reply(reply, answers, asked)) as events,
            ):
                async for event in events:
                    yield event
            turn.used(answers.total())
        call.missing = answers.missing

    def _check_prompt(self, model: str, prompt: Prompt, turns: Sequence[Turn]) -> None:
        name, can = f"{self.provider}/{model}", self._can
        if prompt.prefill:
            check_capability(self, model, "prefill", "continuing an answer that is begun")
        for turn in turns:
            if turn.sender == "human":
                check_attachments_supported(name, can, turn.attachments)

    async def _check_listed(self, model: str) -> None:
        """Refuse a model that a server would answer for with another one."""
        if not self._endpoint.kind.answers_any_name:
            return
        if not self._listed:
            await self.refresh()
        names = {name for known in self.models() for name in (known.name, *known.aliases)}
        if f"{self.provider}/{model}" not in names:
            raise ModelNotFound(
                f"{self._endpoint.base_url} has no model {self.provider}/{model}; there are:"
                f" {', '.join(sorted(names))}",
                model=f"{self.provider}/{model}",
            )

    def _check_usable(self, model: str) -> None:
        if reason := self._missing_reason():
            raise SamplerUnavailable(f"{self.provider}/{model} cannot be used: {reason}")

    def _missing_reason(self) -> str:
        if self._closed.is_set():
            return "its sampler was closed; start again"
        if importlib.util.find_spec(PACKAGE) is None:
            return f"{PACKAGE} is not installed; run: {INSTALL}"
        if self._key_needed and not self._key:
            return f"it needs a key; set the environment variable {self._endpoint.key_variable}"
        if not (self._key.isascii() and self._key.isprintable()):
            return f"{self._endpoint.key_variable} holds characters that no key has; set it again"
        return ""

    def _is_worth_repeating(self, error: GrokTreeError) -> bool:
        return is_passing(error) and not self._closed.is_set()

    def _pace(self, model: str) -> Pace:
        if model not in self._paces:
            self._paces[model] = Pace(
                n_at_first=self._endpoint.calls_at_first,
                n_at_most=self._endpoint.calls_at_most,
                requests_per_minute=self._endpoint.requests_per_minute,
                tokens_per_minute=self._endpoint.tokens_per_minute,
                clock=self._clock,
                sleep=self._sleep,
            )
        return self._paces[model]

    def _asked(self, model: str) -> Asked:
        return Asked(
            name=f"{self.provider}/{model}",
            base_url=self._endpoint.base_url,
            key=self._key,
            key_variable=self._endpoint.key_variable,
            now=self._now(),
        )

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        except TimeoutError:
            return
        raise SamplingInterrupted(f"the sampler of {self.provider} was closed; start again")
