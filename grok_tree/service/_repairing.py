"""What a server does first: it ends what the last one, which may have been killed, left open."""

from __future__ import annotations

from datetime import datetime

from grok_tree.forest import Response, Usage
from grok_tree.service._base import UseCases
from grok_tree.service._billing import Bill
from grok_tree.service._prompt_size import PromptSize, size_of_prompt, tokens_in
from grok_tree.service._spending import amount_of
from grok_tree.store import Finish, Reader, Writer


class RepairUseCases(UseCases):
    """What is done once, before any call is let in."""

    async def repair(self) -> None:
        """Make partial responses of what was growing, and settle what was reserved for it.

        Nobody can say any more what the dead server's models have used. What is known is the text
        that was saved, so that is billed, by an estimate; all else that was reserved is given back.
        """
        growing = await self._read(_growing)
        ends: dict[str, Finish] = {one.response_id: await self._end_of(one) for one in growing}
        now = self._world.clock.now()

        def work(writer: Writer) -> None:
            writer.interrupt_growing(now, ends)
            for response_id, end in ends.items():
                writer.settle(response_id, amount_of(end.usage))
            writer.release_all()
            self._set_ceiling(writer, now)

        await self._submit(work)

    def _set_ceiling(self, writer: Writer, now: datetime) -> None:
        if self._world.ceiling is not None:
            writer.set_ceiling("server", self._world.ceiling, now)

    async def _end_of(self, growing: Response) -> Finish:
        async def prompt_size() -> PromptSize:
            path = await self._read(lambda reader: reader.path(growing.response_id))
            return size_of_prompt(path[:-1])

        usage = Usage(
            completion_tokens=tokens_in([_sampled_text(growing)]),
            reasoning_tokens=tokens_in([growing.reasoning]),
            estimated=True,
        )
        end = Finish(
            message=growing.message,
            reasoning=growing.reasoning,
            partial=True,
            finish_reason="failed",
            usage=usage,
            timing=growing.timing,
        )
        return await Bill(self._prices, growing.model_name, prompt_size).on(end)


def _growing(reader: Reader) -> list[Response]:
    """Return what grows and has something reserved for it."""
    reserved = reader.holders()
    return reader.responses([one for one in reader.growing() if one in reserved])


def _sampled_text(response: Response) -> str:
    """Return a text without the beginning that no model had to say."""
    origin = response.origin
    n_given = 0 if origin.offset is None else origin.offset + len(origin.forced)
    return response.message[n_given:]
