"""Continuing any text with xAI's `Sample` service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grok_tree.errors import SamplerRefused, SamplingInterrupted
from grok_tree.forest import Finished, FinishReason, SamplerEvent, Settings, Token
from grok_tree.samplers._contract import RawPrompt
from grok_tree.samplers._stops import StopTexts
from grok_tree.samplers.xai._answer import FINISH_REASONS
from grok_tree.samplers.xai._request import check_size, seed_of
from grok_tree.samplers.xai._schema import Schema
from grok_tree.samplers.xai._usage import estimated_usage, usage_of

N_STOPS = 8


def raw_request(
    schema: Schema, model: str, prompt: RawPrompt, settings: Settings, *, index: int
) -> Any:
    """Return the request for one continuation.

    Raises:
        SamplerRefused: The prompt or a setting has no place in xAI's schema.
    """
    _check_raw(model, prompt, settings)
    request = schema.sample.SampleTextRequest(
        prompt=["".join(str(part) for part in prompt.inputs)],
        model=model,
        stop=stops_of(prompt, settings),
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_tokens=settings.max_tokens,
        frequency_penalty=settings.frequency_penalty,
        presence_penalty=settings.presence_penalty,
        seed=None if settings.seed is None else seed_of(settings.seed, index),
    )
    check_size(request)
    return request


def stops_of(prompt: RawPrompt, settings: Settings) -> tuple[str, ...]:
    """Return every text that ends a continuation."""
    return tuple(dict.fromkeys((*settings.stop, *prompt.stop_tokens)))


class RawAnswer:
    """Reads the messages of one streamed continuation."""

    def __init__(
        self, index: int, settings: Settings, stops: tuple[str, ...], n_prompt_bytes: int
    ) -> None:
        """Begin a continuation.

        Args:
            index: The sibling it belongs to.
            settings: What was asked.
            stops: The texts that end it.
            n_prompt_bytes: Size of the prompt, for when xAI does not count.
        """
        self._index = index
        self._seed = settings.seed
        self._stops = StopTexts(stops)
        self._n_prompt_bytes = n_prompt_bytes
        self._n_bytes = 0
        self._reason: FinishReason | None = None
        self._usage: Any = None
        self._provenance: dict[str, str] = {}

    def events(self, message: Any) -> Iterator[SamplerEvent]:
        """Yield the text of a message."""
        for choice in message.choices:
            self._n_bytes += len(choice.text.encode())
            if choice.text:
                yield from self._stops.passed(Token(choice.text, self._index))
            if choice.finish_reason:
                self._reason = FINISH_REASONS.get(choice.finish_reason, "failed")
        named = {"model": message.model, "request_id": message.id}
        self._provenance.update({name: value for name, value in named.items() if value})
        if message.HasField("usage"):
            self._usage = message.usage

    def finished(self) -> Iterator[SamplerEvent]:
        """Yield the end of the continuation.

        Raises:
            SamplingInterrupted: The model never said that it was done.
        """
        yield from self._stops.rest()
        if self._reason is None:
            raise SamplingInterrupted(
                "xAI closed the continuation before the model was done; what came is kept"
            )
        if self._seed is not None:
            self._provenance["seed"] = str(seed_of(self._seed, self._index))
        estimated = estimated_usage(self._n_prompt_bytes, self._n_bytes)
        yield Finished(
            finish_reason="stop" if self._stops.found else self._reason,
            index=self._index,
            usage=estimated if self._usage is None else usage_of(self._usage),
            provenance=self._provenance,
        )


def _check_raw(model: str, prompt: RawPrompt, settings: Settings) -> None:
    if any(not isinstance(part, str) for part in prompt.inputs):
        raise _refused(model, "tokens by their numbers: give their texts")
    if prompt.allowed_tokens or prompt.disallowed_tokens:
        raise _refused(model, "limits on tokens: leave them out, or ask another provider")
    if settings.logprobs:
        raise _refused(model, "log-probabilities of continuations: ask in a conversation")
    if len(stops_of(prompt, settings)) > N_STOPS:
        raise _refused(model, f"more than {N_STOPS} stop texts")


def _refused(model: str, what: str) -> SamplerRefused:
    return SamplerRefused(f"xai/{model} knows no {what}", model=f"xai/{model}")
