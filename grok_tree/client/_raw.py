"""Continuing a text as it is, without a conversation."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

from grok_tree.client._connection import Connection
from grok_tree.errors import InvalidOperationError, SamplingInterrupted
from grok_tree.forest import Ceiling, Finished, FinishReason, Settings, Token, Usage, check_settings
from grok_tree.wire import EventReader, ceiling_to_wire, complete_to_wire, finished_from_wire

Input = str | Sequence[int]
TokenName = str | int


class CompletionOptions(TypedDict, total=False):
    """Options of a continuation.

    Keys:
        inputs: Texts, and tokens by their numbers, one after another.
        model_name: ``provider/model`` with the capability ``completion``; empty for the server's
            default.
        max_len: Most tokens to sample; 256 if left out.
        temperature: 0 or more, 0 is greedy; 0.7 if left out.
        nucleus_p: Nucleus size, above 0 up to 1; 0.95 if left out.
        top_k: Number of likeliest tokens kept; None leaves it to the model.
        stop_tokens: Texts of tokens that end it and are not part of it.
        stop_strings: Texts that end it and are not part of it.
        rng_seed: Seed; None for the next that counts up from the client's `initial_rng_seed`.
        allowed_tokens: Only these are sampled, by text or number; empty for all.
        disallowed_tokens: These are never sampled.
        logprobs: Give the log-probability of every token.
        top_logprobs: Alternatives a token, 0 to 20.
        timeout: Seconds until the call fails; None for the client's, or an hour.
    """

    inputs: Sequence[Input]
    model_name: str
    max_len: int
    temperature: float
    nucleus_p: float
    top_k: int | None
    stop_tokens: Sequence[str]
    stop_strings: Sequence[str]
    rng_seed: int | None
    allowed_tokens: Sequence[TokenName]
    disallowed_tokens: Sequence[TokenName]
    logprobs: bool
    top_logprobs: int
    timeout: float | None


@dataclass(frozen=True)
class Completion:
    """A continuation that has ended.

    Attributes:
        text: What was sampled; the prompt is not part of it.
        tokens: The same, piece by piece.
        finish_reason: Why it ends.
        usage: What it used.
        provenance: What produced it, in the sampler's own words.
    """

    text: str
    tokens: tuple[Token, ...]
    finish_reason: FinishReason
    usage: Usage
    provenance: dict[str, str]


class Continuation:
    """A text that is being continued.

    Iterate it for the tokens, await it for the whole. The model is asked at first use, and stopped
    when the handle is closed, dropped, or its ``async with`` block is left.
    """

    def __init__(self, messages: AsyncGenerator[Any, None]) -> None:
        """The sampler's client makes these."""
        self._messages = messages
        self._reader = EventReader()
        self._waiting: deque[Token] = deque()
        self._tokens: list[Token] = []
        self._finished: Finished | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Token:
        """Wait for the next token.

        Raises:
            SamplingError: The model failed.
        """
        if not self._waiting:
            self._waiting.extend(await self._next_batch())
        if not self._waiting:
            raise StopAsyncIteration
        return self._waiting.popleft()

    def __await__(self) -> Generator[Any, None, Completion]:
        return self.result().__await__()

    async def result(self) -> Completion:
        """Wait for the whole; reads the stream to its end.

        Raises:
            SamplingError: The model failed.
        """
        while await self._next_batch():
            pass
        if self._finished is None:
            raise SamplingInterrupted("the continuation was left before it ended; sample again")
        return Completion(
            "".join(token.text for token in self._tokens),
            tuple(self._tokens),
            self._finished.finish_reason,
            self._finished.usage,
            self._finished.provenance,
        )

    async def aclose(self) -> None:
        """Stop the model."""
        await self._messages.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _next_batch(self) -> list[Token]:
        """Return the next tokens, none at the end."""
        async for message in self._messages:
            found = [one for one in self._reader.events(message) if isinstance(one, Token)]
            self._tokens += found
            for finished in message.finished:
                self._finished = finished_from_wire(finished)
            if found:
                return found
        return []


class RawSampler:
    """Continues texts with the models of the server that can."""

    def __init__(
        self,
        connection: Connection,
        next_seed: Callable[[int], int | None],
        ceiling: Ceiling | None,
    ) -> None:
        """Clients make these."""
        self._connection = connection
        self._ceiling = ceiling
        self._next_seed = next_seed

    def sample(self, prompt: str = "", **options: Unpack[CompletionOptions]) -> Continuation:
        """Continue a text; nothing is stored.

        Args:
            prompt: What is continued, before the inputs.
            options: See `CompletionOptions`.

        Raises:
            InvalidOperationError: There is nothing to continue, or an option is out of range.
        """
        _check_names(options)
        inputs = [*([prompt] if prompt else []), *map(_checked_input, options.get("inputs", ()))]
        if not inputs:
            raise InvalidOperationError("there is nothing to continue; give a prompt or inputs")
        settings = self._settings(options)
        check_settings(settings)
        request = complete_to_wire(
            options.get("model_name", ""),
            inputs,
            settings,
            stop_tokens=options.get("stop_tokens", ()),
            allowed_tokens=options.get("allowed_tokens", ()),
            disallowed_tokens=options.get("disallowed_tokens", ()),
        )
        budget = ceiling_to_wire(self._ceiling)
        if budget is not None:
            request.budget.CopyFrom(budget)
        timeout = options.get("timeout")
        return Continuation(self._connection.stream("Complete", request, timeout=timeout))

    def _settings(self, options: CompletionOptions) -> Settings:
        seed = options.get("rng_seed")
        top_logprobs = options.get("top_logprobs", 0)
        return Settings(
            temperature=options.get("temperature", 0.7),
            top_p=options.get("nucleus_p", 0.95),
            top_k=options.get("top_k"),
            max_tokens=options.get("max_len", 256),
            seed=self._next_seed(1) if seed is None else seed,
            stop=tuple(options.get("stop_strings", ())),
            logprobs=options.get("logprobs", False) or top_logprobs > 0,
            top_logprobs=top_logprobs,
        )


def _checked_input(one: Input) -> Input:
    if isinstance(one, str):
        return one
    if isinstance(one, bytes) or not all(isinstance(token, int) for token in one):
        raise InvalidOperationError(
            f"an input is {type(one).__name__}; give texts, and tokens by their numbers"
        )
    return one


def _check_names(options: CompletionOptions) -> None:
    unknown = sorted(set(options) - set(CompletionOptions.__annotations__))
    if unknown:
        known = ", ".join(sorted(CompletionOptions.__annotations__))
        raise TypeError(f"no option is named {unknown[0]!r}; there are: {known}")
