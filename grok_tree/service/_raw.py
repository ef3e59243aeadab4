"""Use cases without a conversation: continue a text, turn texts into vectors. Nothing is stored."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import msgspec

from grok_tree.errors import GrokTreeError, InvalidOperationError
from grok_tree.forest import (
    MAX_TEXT_BYTES,
    Ceiling,
    Finished,
    SamplerEvent,
    Settings,
    Token,
    Usage,
    check_settings,
    checked_text,
    repaired_text,
)
from grok_tree.samplers import (
    Capability,
    Completer,
    Embedder,
    Embeddings,
    RawPrompt,
    TextToken,
    Tokenizer,
    check_capability,
)
from grok_tree.service._answer import billed_in
from grok_tree.service._base import UseCases
from grok_tree.service._metering import metered
from grok_tree.service._prices import PROVENANCE
from grok_tree.service._prompt_size import size_of_prompt, size_of_raw

MOST_TEXTS = 4096
"""Texts that one call turns into vectors."""


class RawUseCases(UseCases):
    """What models do beside answering in conversations."""

    async def complete(
        self,
        model_name: str,
        prompt: RawPrompt,
        settings: Settings,
        budget: Ceiling | None = None,
    ) -> AsyncGenerator[Token | Finished, None]:
        """Yield the continuation of a text; closing the iterator stops the model.

        Args:
            model_name: Empty for the server's default.
            prompt: What is continued.
            settings: What is asked of the sampler.
            budget: The client's ceiling.

        Raises:
            BudgetExhausted: The server's budget, or the client's, has no room for it.
            InvalidOperationError: The prompt is empty, or a setting is out of its range.
            ModelNotFound: No sampler has the model.
            SamplerRefused: The model cannot do this.
            SamplingError: It failed; what was yielded before stays valid.
        """
        check_settings(settings)
        _check_raw(prompt)
        name = model_name or self._world.default_model
        sampler, model = self._world.samplers.resolve(name)
        sampler.check(model, settings, 1)
        check_capability(sampler, model, "completion", "continuing a text")
        if prompt.allowed_tokens or prompt.disallowed_tokens:
            check_capability(sampler, model, "token_limits", "allowing or forbidding tokens")
        assert isinstance(sampler, Completer), name
        size = size_of_raw(prompt)
        plan = await self._spending.plan(budget, name, size, settings)
        asked = settings if plan is None else plan.settings
        async with self._spending.holding(plan) as hold:
            stream = metered(sampler.complete(model, prompt, asked, 1), hold, size)
            async with aclosing(_placed(stream)) as events:
                async for event in events:
                    yield await self._billed(name, event)

    async def embed(
        self, model_name: str, texts: Sequence[str], budget: Ceiling | None = None
    ) -> Embeddings:
        """Return a vector for each text.

        Args:
            model_name: Empty for the first model here that can.
            texts: Each of at most 16 MiB; a model reads as much of the beginning as it can.
            budget: The client's ceiling.

        Raises:
            BudgetExhausted: The server's budget, or the client's, has no room for it.
            InvalidOperationError: There are no texts, or too many.
            ModelNotFound: No sampler has the model, or none here can.
            SamplerRefused: The model cannot do this.
            SamplingError: It failed.
        """
        if not 1 <= len(texts) <= MOST_TEXTS:
            raise InvalidOperationError(f"{len(texts)} texts; one call takes 1 to {MOST_TEXTS:,}")
        for text in texts:
            checked_text(text, "text")
        name = model_name or self._able("embeddings")
        sampler, model = self._world.samplers.resolve(name)
        # A model for vectors alone refuses what is checked of those that answer.
        check_capability(sampler, model, "embeddings", "turning texts into vectors")
        assert isinstance(sampler, Embedder), name
        size = size_of_prompt((), *texts)
        async with self._spending.holding(await self._spending.plan(budget, name, size)) as hold:
            hold.use(Usage(prompt_tokens=size.about_tokens, estimated=True))
            try:
                found = await sampler.embed(model, texts)
            except GrokTreeError as error:
                hold.use(billed_in(error))
                raise
            told = found.usage
            if not told.total_tokens and told.cost_usd is None:
                told = hold.used[0]
            usage, _ = await self._prices.priced(name, told)
            hold.use(usage)
        return replace(found, usage=usage)

    async def tokenize(self, model_name: str, text: str) -> Sequence[TextToken]:
        """Return the tokens of a text, without a mark of a beginning; costs nothing.

        Args:
            model_name: Empty for the server's default.
            text: At most 16 MiB; an empty one has no tokens.

        Raises:
            ModelNotFound: No sampler has the model.
            SamplerRefused: The model does not tell its tokens.
            SamplingError: It failed.
        """
        checked_text(text, "text")
        name = model_name or self._world.default_model
        sampler, model = self._world.samplers.resolve(name)
        sampler.check(model, Settings(), 1)
        check_capability(sampler, model, "tokenizer", "a text as tokens")
        assert isinstance(sampler, Tokenizer), name
        return await sampler.tokenize(model, text) if text else []

    async def _billed(self, model_name: str, event: Token | Finished) -> Token | Finished:
        """Return an event; of an end, with what it cost."""
        if isinstance(event, Token):
            return event
        usage, source = await self._prices.priced(model_name, event.usage)
        provenance = event.provenance | ({PROVENANCE: source} if source else {})
        return msgspec.structs.replace(event, usage=usage, provenance=provenance)

    def _able(self, capability: Capability) -> str:
        """Return the first model that can do something here, local ones first."""
        able = [one for one in self._world.samplers.models() if capability in one.capabilities]
        able.sort(key=lambda one: (not one.available, not one.name.startswith("local/")))
        if not able:
            raise InvalidOperationError(
                f"no model here can do {capability!r}; name one, or install a provider that can"
            )
        return able[0].name


async def _placed(
    events: AsyncGenerator[SamplerEvent, None],
) -> AsyncGenerator[Token | Finished, None]:
    """Yield tokens with their places, in text that can be stored, and the end."""
    offset = 0
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Token):
                text = repaired_text(event.text)
                yield Token(text, event.index, offset, event.logprob)
                offset += len(text)
            elif isinstance(event, Finished):
                yield event


def _check_raw(prompt: RawPrompt) -> None:
    n_bytes = 0
    for part in prompt.inputs:
        if isinstance(part, str):
            n_bytes += len(checked_text(part, "prompt").encode())
    if not any(prompt.inputs):
        raise InvalidOperationError("the prompt is empty; give a text or tokens to continue")
    if n_bytes > MAX_TEXT_BYTES:
        raise InvalidOperationError(
            f"the prompt has {n_bytes:,} bytes; at most {MAX_TEXT_BYTES:,} are taken",
            size=n_bytes,
            limit=MAX_TEXT_BYTES,
        )
