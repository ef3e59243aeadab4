"""What is left of the server's budget, as the original's clients are told."""

from __future__ import annotations

from grok_tree.forest import Response
from grok_tree.service import Forests
from grok_tree.wire import time_to_wire
from grok_tree.wire.original import sampler

NO_LIMIT = 2**31 - 1
"""The largest number of the field. The original's clients divide by a limit, so none may be 0."""


SAMPLING = "sampling"


async def budget_left(forests: Forests) -> sampler.TokenBudget:
    """Return the server's budget in tokens; without one, nothing is spent of the largest number.

    Requests are not counted.
    """
    budget = await forests.get_budget()
    limit = budget.max_tokens if budget is not None else None
    return sampler.TokenBudget(
        token_limit=NO_LIMIT if limit is None else max(1, min(limit, NO_LIMIT)),
        tokens_spent=min(budget.spent_tokens, NO_LIMIT) if budget is not None else 0,
        request_limit=NO_LIMIT,
    )


def transaction_of(answer: Response) -> sampler.Transaction:
    """Return what an answer took; it is known for good, and every token counts once."""
    usage = answer.usage
    return sampler.Transaction(
        num_prompt_tokens=min(usage.prompt_tokens, NO_LIMIT),
        num_generated_tokens=min(usage.completion_tokens + usage.reasoning_tokens, NO_LIMIT),
        cost_multiplier=1,
        create_time=time_to_wire(answer.create_time),
        transaction_type=SAMPLING,
        transaction_id=answer.response_id,
        model_name=answer.model_name,
        confirmed=True,
    )
