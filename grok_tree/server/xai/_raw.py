"""The services without a conversation: continuing texts, vectors, tokens. Nothing is stored."""

from __future__ import annotations

import array
import base64
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Finished, Settings, Usage
from grok_tree.samplers import RawPrompt
from grok_tree.server._guard import Context
from grok_tree.server.xai._schema import Schema
from grok_tree.server.xai._settings import numbers_of
from grok_tree.server.xai._words import finish_word, model_word, usage_of_prompts
from grok_tree.service import Clock, Forests, Ids
from grok_tree.wire import time_to_wire

MOST_CHOICES = 128
"""Continuations of one call."""


class SampleDoor:
    """Serves `xai_api.Sample`."""

    def __init__(self, schema: Schema, forests: Forests, *, ids: Ids, clock: Clock) -> None:
        """Open the door.

        Args:
            schema: xAI's words.
            forests: The use cases behind it.
            ids: Where the ids of answers come from.
            clock: Where time comes from.
        """
        self._schema = schema
        self._forests = forests
        self._ids = ids
        self._clock = clock

    async def SampleText(self, request: Any, context: Context) -> Any:
        """Return every continuation of every prompt, those of the first prompt first."""
        texts: dict[int, list[str]] = {}
        reasons: dict[int, int] = {}
        answer = self._answer(request)
        async with aclosing(self._pieces(request, context)) as pieces:
            async for piece in pieces:
                for choice in piece.choices:
                    texts.setdefault(choice.index, []).append(choice.text)
                    reasons[choice.index] = choice.finish_reason
                answer.usage.CopyFrom(piece.usage)
        answer.choices.extend(
            self._schema.sample.SampleChoice(
                index=index, text="".join(parts), finish_reason=reasons[index]
            )
            for index, parts in texts.items()
        )
        return answer

    async def SampleTextStreaming(self, request: Any, context: Context) -> None:
        """Send each piece as it comes, of one continuation after the other."""
        async with aclosing(self._pieces(request, context)) as pieces:
            async for piece in pieces:
                await context.write(piece)

    async def _pieces(self, request: Any, context: Context) -> AsyncGenerator[Any, None]:
        """Yield the pieces of all continuations; each end has what was used so far."""
        asked = list(_asked(request))
        head = self._answer(request)
        await context.send_initial_metadata(())
        used: list[Usage] = []
        for index, (prompt, settings) in enumerate(asked):
            events = self._forests.complete(request.model, RawPrompt((prompt,)), settings)
            async with aclosing(events):
                async for event in events:
                    piece = type(head)()
                    piece.CopyFrom(head)
                    choice = piece.choices.add(index=index)
                    if isinstance(event, Finished):
                        used.append(event.usage)
                        choice.finish_reason = finish_word(self._schema, event.finish_reason)
                        piece.usage.CopyFrom(usage_of_prompts(self._schema, used))
                    else:
                        choice.text = event.text
                    yield piece

    def _answer(self, request: Any) -> Any:
        return self._schema.sample.SampleTextResponse(
            id=self._ids.new_id(),
            created=time_to_wire(self._clock.now()),
            model=model_word(request.model),
        )


class EmbedderDoor:
    """Serves `xai_api.Embedder`."""

    def __init__(self, schema: Schema, forests: Forests, *, ids: Ids) -> None:
        """Open the door.

        Args:
            schema: xAI's words.
            forests: The use cases behind it.
            ids: Where the ids of answers come from.
        """
        self._schema = schema
        self._forests = forests
        self._ids = ids

    async def Embed(self, request: Any, _: Context) -> Any:
        """Return a vector for each text."""
        if any(one.WhichOneof("input") != "string" for one in request.input):
            raise InvalidOperationError("only texts become vectors here; give each input a string")
        found = await self._forests.embed(request.model, [one.string for one in request.input])
        embed = self._schema.embed
        as_text = request.encoding_format == embed.FORMAT_BASE64
        return embed.EmbedResponse(
            id=self._ids.new_id(),
            embeddings=[
                embed.Embedding(index=index, embeddings=[self._vector(vector, as_text=as_text)])
                for index, vector in enumerate(found.vectors)
            ],
            usage=self._schema.usage.EmbeddingUsage(num_text_embeddings=len(found)),
            model=model_word(found.model),
        )

    def _vector(self, vector: Sequence[float], *, as_text: bool) -> Any:
        if not as_text:
            return self._schema.embed.FeatureVector(float_array=vector)
        floats = array.array("f", vector)
        if sys.byteorder == "big":
            floats.byteswap()
        encoded = base64.b64encode(floats.tobytes()).decode()
        return self._schema.embed.FeatureVector(base64_array=encoded)


class TokenizeDoor:
    """Serves `xai_api.Tokenize`."""

    def __init__(self, schema: Schema, forests: Forests) -> None:
        """Open the door.

        Args:
            schema: xAI's words.
            forests: The use cases behind it.
        """
        self._schema = schema
        self._forests = forests

    async def TokenizeText(self, request: Any, _: Context) -> Any:
        """Return the tokens of a text, without a mark of a beginning."""
        found = await self._forests.tokenize(request.model, request.text)
        tokenize = self._schema.tokenize
        tokens = [
            tokenize.Token(token_id=one.number, string_token=one.text, token_bytes=one.data)
            for one in found
        ]
        return tokenize.TokenizeTextResponse(tokens=tokens, model=model_word(request.model))


def _asked(request: Any) -> Iterator[tuple[str, Settings]]:
    """Yield each prompt as often as it is continued, each time with a seed of its own."""
    n = request.n if request.HasField("n") else 1
    if not 1 <= n * len(request.prompt) <= MOST_CHOICES or n < 1:
        raise InvalidOperationError(
            f"{len(request.prompt)} prompts are asked to be continued {n} times; one call takes 1"
            f" to {MOST_CHOICES} continuations"
        )
    numbers = numbers_of(request)
    for prompt in request.prompt:
        for place in range(n):
            own = {"seed": numbers["seed"] + place} if "seed" in numbers else {}
            yield prompt, Settings(**numbers | own)
