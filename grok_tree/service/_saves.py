"""Where a sampling's answers are kept: in the store."""

from __future__ import annotations

from collections.abc import Sequence

from grok_tree.forest import Attachment, Response, ResponseId
from grok_tree.service._billing import Bill
from grok_tree.service._ports import Clock, Submit
from grok_tree.store import Finish, Writer


class StoreSaves:
    """Keeps a run's answers in the store."""

    def __init__(self, submit: Submit, clock: Clock, bill: Bill) -> None:
        self._submit = submit
        self._clock = clock
        self._bill = bill

    async def grow(self, answers: Sequence[tuple[ResponseId, str, str]]) -> None:
        """Save growing answers (id, message, reasoning); need not survive a power cut."""
        now = self._clock.now()

        def work(writer: Writer) -> None:
            for response_id, message, reasoning in answers:
                writer.grow(response_id, message=message, reasoning=reasoning, now=now)

        await self._submit(work, durable=False)

    async def keep_file(self, data: bytes, attachment: Attachment) -> Attachment:
        """Keep what a model made; return where it is."""
        now = self._clock.now()

        def work(writer: Writer) -> Attachment:
            return writer.add_file(
                data, name=attachment.name, media_type=attachment.media_type, now=now
            )

        kept: Attachment = await self._submit(work)
        return kept

    async def finish(self, response_id: ResponseId, finish: Finish, *, move_leaf: bool) -> Response:
        """Save an answer for good, with what it cost, and return it."""
        billed = await self._bill.on(finish)
        now = self._clock.now()

        def work(writer: Writer) -> Response:
            response = writer.finish(response_id, billed, now=now, move_leaf=move_leaf)
            self._bill.book(writer, response_id, billed.usage)
            return response

        response: Response = await self._submit(work)
        return response
