"""Following a sampling for a client: until its end, or piece by piece."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import anyio

from grok_tree.errors import SamplingInterrupted
from grok_tree.forest import Ended, Response, SamplingEvent, Token, TokenLogprob
from grok_tree.service import SamplingRun

Batches = AsyncGenerator[list[SamplingEvent], None]

STATUS_WITHIN_S = 0.5
"""So long is waited for the first word, or for an error that the status can still tell."""


@dataclass
class Answer:
    """What came of one sibling, once it has ended."""

    response: Response
    logprobs: list[TokenLogprob] = field(default_factory=list)


@dataclass
class Answers:
    """What comes of all siblings."""

    logprobs: dict[int, list[TokenLogprob]] = field(default_factory=dict)
    ended: dict[int, Answer] = field(default_factory=dict)

    def take(self, event: SamplingEvent) -> None:
        """Note what an event says.

        Raises:
            SamplingError: A sibling was cut; what came is kept.
        """
        if isinstance(event, Token):
            if event.logprob is not None:
                self.logprobs.setdefault(event.index, []).append(event.logprob)
        elif isinstance(event, Ended):
            check_ended(event)
            logprobs = self.logprobs.get(event.index, [])
            self.ended[event.index] = Answer(event.response, logprobs)

    def in_order(self) -> list[Answer]:
        """Return them by their index."""
        return [self.ended[index] for index in sorted(self.ended)]


def check_ended(event: Ended) -> None:
    """Raise what cut an answer, if something did.

    Raises:
        SamplingError: The model failed, or somebody stopped it.
    """
    if event.error is not None:
        raise event.error
    if event.response.partial:
        raise SamplingInterrupted(
            f"the answer was stopped; what came is kept as response {event.response.response_id}",
            response_id=event.response.response_id,
        )


async def all_answers(run: SamplingRun) -> list[Answer]:
    """Follow a sampling to its end.

    Raises:
        SamplingError: A sibling was cut; what came is kept.
        StoreError: An answer could not be stored.
    """
    answers = Answers()
    async with aclosing(run.follow()) as batches:
        async for batch in batches:
            for event in batch:
                answers.take(event)
    return answers.in_order()


@asynccontextmanager
async def followed(run: SamplingRun) -> AsyncIterator[Batches]:
    """Follow a sampling from where its first word is, or will soon be.

    Leaving the block is leaving the sampling.

    Raises:
        SamplingError: It failed before anything was said.
    """
    async with aclosing(run.follow()) as batches:
        first = await anext(batches)
        with anyio.move_on_after(STATUS_WITHIN_S):
            await run.wait_begun()
        rest = await anext(batches) if run.has_begun and len(first) == 1 else []
        for event in (first + rest)[1:2]:
            if isinstance(event, Ended):
                check_ended(event)
        yield _continued(first + rest, batches)


async def _continued(first: list[SamplingEvent], batches: Batches) -> Batches:
    yield first
    async for batch in batches:
        yield batch
