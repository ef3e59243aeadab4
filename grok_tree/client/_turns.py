"""How a turn travels: from what was asked to the call that samples it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from grok_tree.client._cache import Cache
from grok_tree.client._call import Call, Leaving, Open
from grok_tree.client._follower import Follower
from grok_tree.client._options import SamplingOptions, check_nothing_sampled, settings_of
from grok_tree.forest import (
    Ended,
    Origin,
    ResponseDraft,
    ResponseId,
    SamplingEvent,
    Started,
    Token,
    check_settings,
    check_turn,
    checked_field,
    checked_text,
)
from grok_tree.wire import attachment_to_wire, ceiling_to_wire, origin_to_wire, pb, settings_to_wire

if TYPE_CHECKING:
    from grok_tree.client._conversation import Conversation


@dataclass(frozen=True)
class Turn:
    """What is to be sampled.

    Attributes:
        message: What the human says; empty for nothing.
        parent: What it answers; None for a new root.
        origin: Why it is sampled.
        n: Number of siblings.
        options: As the caller gave them.
    """

    message: str
    parent: ResponseId | None
    origin: Origin
    n: int
    options: SamplingOptions


def sampling_call(conversation: Conversation, turn: Turn) -> Call:
    """Return the call that samples a turn; what can be refused is refused here, at once.

    Raises:
        InvalidOperationError: A rule is broken or an option is out of its range.
    """
    check_turn(turn.message, turn.parent, turn.n)
    checked_field(turn.options.get("system_prompt") or "", "system prompt")
    settings = settings_of(turn.options)
    check_settings(settings)
    client = conversation._client
    if settings.seed is None:
        settings = msgspec.structs.replace(settings, seed=client._next_seed(turn.n))
    request = pb.SampleRequest(
        request_id=client._new_request_id(),
        parent_response_id=turn.parent or "",
        message=turn.message,
        n=turn.n,
        settings=settings_to_wire(settings),
        origin=origin_to_wire(turn.origin),
        detach=turn.options.get("detach", False),
        attachments=map(attachment_to_wire, turn.options.get("attachments", ())),
        system_prompt=turn.options.get("system_prompt"),
        budget=ceiling_to_wire(client._ceiling),
    )
    asked_model = turn.options.get("model_name", "")

    async def open_stream() -> AsyncGenerator[list[SamplingEvent], None]:
        await conversation._stored()
        request.conversation_id = conversation.conversation_id
        request.model_name = conversation._model_for(asked_model)
        follower = Follower(conversation._remote.stream, turn.options.get("timeout"))
        async with aclosing(follower.sample(request)) as batches:
            async for events in batches:
                yield events

    return _call(
        conversation,
        open_stream,
        leaving="stay" if request.detach else "stop",
        sampling_id=request.request_id,
    )


def manual_call(conversation: Conversation, draft: ResponseDraft, options: SamplingOptions) -> Call:
    """Return a call that stores a text in the place of a model's answer.

    It has the same shape as one that samples: the text comes as one token.

    Raises:
        InvalidOperationError: The text cannot be stored, or an option would change how a model
            is sampled.
    """
    checked_text(draft.message, "message")
    check_nothing_sampled(options)

    async def open_stream() -> AsyncGenerator[list[SamplingEvent], None]:
        (stored,) = await conversation._add_drafts(
            [draft], leaf_index=0, timeout=options.get("timeout")
        )
        started = Started(
            sampling_id="",
            human_response=None,
            response_ids=(stored.response_id,),
            model_name="",
        )
        yield [started, Token(draft.message), Ended(response=stored.value)]

    return _call(conversation, open_stream, leaving="stay", sampling_id="")


def _call(
    conversation: Conversation, open_stream: Open, *, leaving: Leaving, sampling_id: str
) -> Call:
    return Call(
        open_stream,
        conversation._remote.cancel_sampling,
        _Acceptance(conversation._cache),
        conversation.get_response,
        leaving=leaving,
        sampling_id=sampling_id,
    )


class _Acceptance:
    """Takes what one call stored into a cache, as the server did.

    The first sibling that succeeds becomes the leaf, whichever it is.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._moves_leaf = True

    def __call__(self, event: SamplingEvent) -> None:
        if isinstance(event, Started) and event.human_response is not None:
            self._cache.put(event.human_response)
        elif isinstance(event, Ended):
            self._cache.put(event.response)
            if self._moves_leaf and not event.response.partial:
                self._moves_leaf = False
                self._cache.set_leaf(event.response.response_id, event.response.revision)
