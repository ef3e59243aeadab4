"""What is left of a budget."""

from __future__ import annotations

from grok_tree.client._connection import Connection
from grok_tree.forest import Budget, Ceiling
from grok_tree.wire import budget_from_wire, pb


async def read_budget(connection: Connection, ceiling: Ceiling | None) -> Budget | None:
    """Return the budget of a client with a ceiling, or else that of the server."""
    name = "" if ceiling is None else ceiling.name
    reply = await connection.call("GetBudget", pb.GetBudgetRequest(name=name))
    if reply.HasField("budget"):
        return budget_from_wire(reply.budget)
    if ceiling is None:
        return None
    # The server learns of it with the first sampling.
    return Budget(
        name=ceiling.name, max_tokens=ceiling.max_tokens, max_cost_usd=ceiling.max_cost_usd
    )
