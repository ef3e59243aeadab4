"""Ceilings and budgets as messages and back."""

from __future__ import annotations

import msgspec

from grok_tree.forest import Budget, Ceiling
from grok_tree.wire.v1 import forests_pb2 as pb


def ceiling_to_wire(ceiling: Ceiling | None) -> pb.Ceiling | None:
    return None if ceiling is None else pb.Ceiling(**msgspec.structs.asdict(ceiling))


Asking = pb.SampleRequest | pb.GenerateTitleRequest | pb.CompleteRequest | pb.EmbedRequest


def ceiling_from_wire(request: Asking) -> Ceiling | None:
    """Return the ceiling that a request names."""
    if not request.HasField("budget"):
        return None
    message = request.budget
    return Ceiling(
        name=message.name,
        max_tokens=message.max_tokens if message.HasField("max_tokens") else None,
        max_cost_usd=message.max_cost_usd if message.HasField("max_cost_usd") else None,
    )


def budget_to_wire(budget: Budget | None) -> pb.Budget | None:
    return None if budget is None else pb.Budget(**msgspec.structs.asdict(budget))


def budget_from_wire(message: pb.Budget) -> Budget:
    return Budget(
        name=message.name,
        max_tokens=message.max_tokens if message.HasField("max_tokens") else None,
        max_cost_usd=message.max_cost_usd if message.HasField("max_cost_usd") else None,
        spent_tokens=message.spent_tokens,
        spent_usd=message.spent_usd,
        reserved_tokens=message.reserved_tokens,
        reserved_usd=message.reserved_usd,
        n_unpriced=message.n_unpriced,
    )
