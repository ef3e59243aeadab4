"""Use cases of budgets: what is left of one, and keeping alive what is reserved."""

from __future__ import annotations

from grok_tree.forest import Budget, Response
from grok_tree.service._base import LARGEST_PAGE, UseCases
from grok_tree.store import BudgetKey


class BudgetUseCases(UseCases):
    """What can be asked about ceilings."""

    async def get_budget(self, name: str = "") -> Budget | None:
        """Return a client's budget, or the server's own for an empty name; None without one."""
        if name:
            key = BudgetKey("client", name)
        elif self._world.ceiling is not None:
            key = BudgetKey("server", self._world.ceiling.name)
        else:
            return None
        return await self._read(lambda reader: reader.budget(key))

    async def list_uses(self) -> list[Response]:
        """Return the last 500 answers, also deleted ones, the newest first: what was spent on each.

        What is not kept in a conversation is not among them: continuations, vectors, titles.
        """
        newest = await self._read(lambda reader: reader.newest_answers(LARGEST_PAGE))
        return [one for one in newest if one.origin.kind != "imported"]

    async def renew_reservations(self) -> None:
        """Keep what is reserved for what runs; give back what nobody renews."""
        await self._spending.renew_regularly()
