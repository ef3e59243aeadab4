"""Samplings of which nothing is stored: their answers are made for who follows them."""

from __future__ import annotations

from collections.abc import Sequence

from grok_tree.errors import AttachmentNotFound, InvalidOperationError
from grok_tree.forest import Attachment, ConversationId, Origin, Response, ResponseId
from grok_tree.samplers import Prompt, Turn
from grok_tree.service._calls import StatelessCall
from grok_tree.service._ports import Clock
from grok_tree.service._prices import PROVENANCE, PriceBook
from grok_tree.service._prompting import turn_of
from grok_tree.store import Finish


def aside_prompt(call: StatelessCall, model_name: str) -> Prompt:
    """Return what a model is shown of a call that is not stored."""
    turns = [turn_of(said, model_name) for said in call.path]

    async def load_turns() -> Sequence[Turn]:
        return turns

    async def load_file(file_id: str) -> bytes:
        if file_id not in call.files:
            raise AttachmentNotFound(f"the call did not bring file {file_id}", file_id=file_id)
        return call.files[file_id]

    return Prompt(
        last=turns[-1],
        load_turns=load_turns,
        system_prompt=call.system_prompt or "",
        load_file=load_file,
    )


class AsideSaves:
    """Keeps the answers of a run nowhere."""

    def __init__(self, call: StatelessCall, model_name: str, book: PriceBook, clock: Clock) -> None:
        self._call = call
        self._model_name = model_name
        self._book = book
        self._clock = clock

    async def grow(self, answers: Sequence[tuple[ResponseId, str, str]]) -> None:
        """Nothing is kept meanwhile."""

    async def keep_file(self, data: bytes, attachment: Attachment) -> Attachment:
        """Refuse: what is not kept has no address."""
        raise InvalidOperationError(
            f"the model made a file of {len(data):,} bytes ({attachment.media_type}), and this call"
            " is not recorded, so it cannot be kept; ask again with recording on"
        )

    async def finish(self, response_id: ResponseId, finish: Finish, *, move_leaf: bool) -> Response:  # noqa: ARG002 - there is no leaf
        """Return the answer as it would have been stored, with what it cost."""
        usage, source = await self._book.priced(self._model_name, finish.usage)
        priced_by = {PROVENANCE: source} if source else {}
        return Response(
            response_id=response_id,
            conversation_id=ConversationId(""),
            parent_response_id=None,
            sender="assistant",
            message=finish.message,
            create_time=self._clock.now(),
            reasoning=finish.reasoning,
            partial=finish.partial,
            query=finish.query,
            query_type=finish.query_type,
            attachments=finish.attachments,
            tool_calls=finish.tool_calls,
            citations=finish.citations,
            encrypted_reasoning=finish.encrypted_reasoning,
            model_name=self._model_name,
            finish_reason=finish.finish_reason,
            settings=self._call.settings,
            usage=usage,
            timing=finish.timing,
            origin=Origin(door=self._call.door, provenance=finish.provenance | priced_by),
        )
