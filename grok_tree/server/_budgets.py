"""The call that says what is left of a budget."""

from __future__ import annotations

from typing import Any

from grok_tree.server._guard import Context
from grok_tree.service import Forests
from grok_tree.wire import ForestsServicer, budget_to_wire, pb


class BudgetCalls(ForestsServicer):
    """Looks at budgets."""

    _forests: Forests

    async def GetBudget(self, request: pb.GetBudgetRequest, _: Context) -> Any:
        found = await self._forests.get_budget(request.name)
        return pb.GetBudgetResponse(budget=budget_to_wire(found))
