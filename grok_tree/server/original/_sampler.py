"""Raw continuations and tokens, as the original's programs ask for them."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from grok_tree.errors import SamplerRefused
from grok_tree.forest import Finished, Settings, Token, TokenLogprob
from grok_tree.samplers import RawPrompt, TextToken
from grok_tree.server._guard import Context
from grok_tree.server.original._budget import budget_left, transaction_of
from grok_tree.server.original._raw_request import Request, raw_prompt, raw_settings
from grok_tree.server.original._stop_strings import StopStrings
from grok_tree.server.original._token_names import Vocabulary
from grok_tree.service import Forests
from grok_tree.wire.original import sampler

TOP_K = 5
"""Alternatives that come with a token; a request cannot say how many."""

Events = AsyncGenerator[Token | Finished, None]


class SamplerDoor:
    """Serves `prompt_ide.Sampler`."""

    def __init__(self, forests: Forests) -> None:
        """Open the door.

        Args:
            forests: The use cases behind it.
        """
        self._forests = forests

    async def SampleTokens(self, request: sampler.SampleTokensRequest, context: Context) -> None:
        """Send each token as it comes, and what is left of the budget at the end.

        Tokens have their probability and alternatives where the model tells them, and their
        numbers where it tells its vocabulary. Leaving the call stops the model.
        """
        await self._sample(request, context)

    async def TokenizeAndSampleTokens(
        self, request: sampler.TokenizeAndSampleTokensRequest, context: Context
    ) -> None:
        await self._sample(request, context)

    async def Tokenize(self, request: sampler.TokenizeRequest, _: Context) -> Any:
        """Return the tokens of a text, with probability zero."""
        found = await Vocabulary(self._forests, request.model_name).tokens(request.text)
        return sampler.Tokenized(tokens=map(_of_user, found))

    async def ListModels(self, _request: Any, _: Context) -> Any:
        """Return the names of the models that can be used here."""
        models = await self._forests.list_models()
        return sampler.ModelNames(model_names=[one.name for one in models if one.available])

    async def GetTokenBudget(self, _request: sampler.GetTokenBudgetRequest, _: Context) -> Any:
        """Return what is left of the server's budget; it has one, for all kinds of use."""
        return await budget_left(self._forests)

    async def ListTransactions(self, _request: Any, _: Context) -> Any:
        """Return what the last 500 answers in conversations took, newest first."""
        return sampler.Transactions(
            transactions=map(transaction_of, await self._forests.list_uses())
        )

    async def _sample(self, request: Request, context: Context) -> None:
        vocabulary = Vocabulary(self._forests, request.model_name)
        prompt = await raw_prompt(request, vocabulary)
        stops = StopStrings(request.settings.stop_strings)
        events = self._events(request.model_name, prompt, raw_settings(request))
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Token):
                    token = await _of_model(event, vocabulary)
                    await context.write(sampler.Sampled(token=token))
                    if stops.ended_by(event.text):
                        break
        await context.write(sampler.Sampled(budget=await budget_left(self._forests)))

    async def _events(self, model_name: str, prompt: RawPrompt, settings: Settings) -> Events:
        """Yield a continuation, with probabilities if the model has any."""
        likely = msgspec.structs.replace(settings, logprobs=True, top_logprobs=TOP_K)
        n_seen = 0
        try:
            async with aclosing(self._forests.complete(model_name, prompt, likely)) as events:
                async for event in events:
                    n_seen += 1
                    yield event
                return
        except SamplerRefused:
            if n_seen:
                raise
        async with aclosing(self._forests.complete(model_name, prompt, settings)) as events:
            async for event in events:
                yield event


def _of_user(token: TextToken) -> sampler.SampledToken:
    return sampler.SampledToken(
        final_logit=sampler.Logit(token_id=token.number, string_token=token.text),
        token_type=sampler.SampledToken.USER,
    )


async def _of_model(token: Token, vocabulary: Vocabulary) -> sampler.SampledToken:
    known = token.logprob or TokenLogprob(token.text, -math.inf)
    final = await _logit(token.text, known.logprob, vocabulary)
    others = [await _logit(one.text, one.logprob, vocabulary) for one in known.alternatives]
    return sampler.SampledToken(
        final_logit=final, token_type=sampler.SampledToken.MODEL, top_k=others
    )


async def _logit(text: str, logprob: float, vocabulary: Vocabulary) -> sampler.Logit:
    number = await vocabulary.number(text)
    return sampler.Logit(token_id=number, string_token=text, prob=math.exp(logprob))
