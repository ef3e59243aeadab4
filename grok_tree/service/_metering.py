"""What answers use that are not stored: titles, and texts that are only continued."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from grok_tree.errors import GrokTreeError
from grok_tree.forest import Finished, Reasoning, ResponseId, SamplerEvent, Token
from grok_tree.service._answer import GrowingAnswer, billed_in
from grok_tree.service._prompt_size import PromptSize
from grok_tree.service._spending import Hold


async def metered(
    events: AsyncGenerator[SamplerEvent, None], hold: Hold, size: PromptSize
) -> AsyncGenerator[SamplerEvent, None]:
    """Pass on what a sampler yields, and say to a hold what each answer used.

    Args:
        events: What the sampler yields.
        hold: Where something is reserved for its answers.
        size: Of the prompt, for answers whose use nobody counts.
    """
    cut = Finished(finish_reason="cancelled")
    answers = [GrowingAnswer(ResponseId(holder)) for holder in hold.holders]
    try:
        async with aclosing(events) as stream:
            async for event in stream:
                if answers:
                    _take(event, answers[event.index], hold, size)
                yield event
    except GrokTreeError as error:
        cut = Finished(finish_reason="failed", usage=billed_in(error))
        raise
    finally:
        for index, answer in enumerate(answers):
            if index not in hold.used:
                _end(answer, msgspec.structs.replace(cut, index=index), hold, size)


def _take(event: SamplerEvent, answer: GrowingAnswer, hold: Hold, size: PromptSize) -> None:
    match event:
        case Token():
            answer.take_token(event, 0.0)
        case Reasoning():
            answer.take_reasoning(event.text)
        case Finished():
            _end(answer, event, hold, size)
        case _:
            pass  # parts are no tokens


def _end(answer: GrowingAnswer, finished: Finished, hold: Hold, size: PromptSize) -> None:
    usage = answer.finish(finished, 0.0).usage
    if usage.estimated and not usage.prompt_tokens:
        usage = msgspec.structs.replace(usage, prompt_tokens=size.about_tokens)
    hold.use(usage, finished.index)
