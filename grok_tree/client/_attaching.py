"""Following a sampling that another handle, or another program, has begun."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from grok_tree.client._call import Call
from grok_tree.client._follower import Follower
from grok_tree.errors import ConnectionFailedError
from grok_tree.forest import Ended, ResponseId, SamplingEvent, Started
from grok_tree.wire import pb

if TYPE_CHECKING:
    from grok_tree.client._conversation import Conversation
    from grok_tree.client._grok import Grok
    from grok_tree.client._response import Response


def attached_answer(
    conversation: Conversation, response_id: ResponseId, timeout: float | None
) -> Call:
    """Return the call that follows one answer of a conversation."""

    async def open_stream() -> AsyncGenerator[list[SamplingEvent], None]:
        remote = conversation._usable()
        mine = _Mine(response_id)
        follower = Follower(remote.stream, timeout)
        request = pb.AttachSamplingRequest(response_id=response_id)
        async with aclosing(follower.attach(request)) as batches:
            async for events in batches:
                yield mine.events(events)
        await _learn_leaf(conversation)

    return Call(
        open_stream,
        conversation._remote.cancel_sampling,
        lambda event: _accept(conversation, event),
        conversation.get_response,
        leaving="drop",
    )


def attached_sampling(grok: Grok, sampling_id: str, timeout: float | None) -> Call:
    """Return the call that follows a sampling whose conversation is not known yet."""
    attachment = _Attachment(grok, sampling_id, timeout)
    return Call(
        attachment.open,
        attachment.cancel,
        attachment.accept,
        attachment.find,
        leaving="drop",
        sampling_id=sampling_id,
    )


class _Attachment:
    """A sampling, and its conversation as soon as that is known."""

    def __init__(self, grok: Grok, sampling_id: str, timeout: float | None) -> None:
        self._grok = grok
        self._sampling_id = sampling_id
        self._timeout = timeout
        self._found: Conversation | None = None

    async def open(self) -> AsyncGenerator[list[SamplingEvent], None]:
        """Yield the events, the first only when the conversation was loaded."""
        follower = Follower(self._grok._client._connection.stream, self._timeout)
        request = pb.AttachSamplingRequest(sampling_id=self._sampling_id)
        async with aclosing(follower.attach(request)) as batches:
            async for events in batches:
                for event in events:
                    if isinstance(event, Started):
                        answer = await self._grok.get_response(event.response_ids[0])
                        self._found = answer.conversation
                yield events
        await _learn_leaf(self._conversation)

    async def cancel(self, sampling_id: str) -> None:
        """Stop the model."""
        await self._conversation._remote.cancel_sampling(sampling_id)

    def accept(self, event: SamplingEvent) -> None:
        """Take what was stored into the conversation's cache."""
        _accept(self._conversation, event)

    def find(self, response_id: str) -> Response:
        """Return the handle of a response."""
        return self._conversation.get_response(response_id)

    @property
    def _conversation(self) -> Conversation:
        if self._found is None:
            raise ConnectionFailedError(
                f"sampling {self._sampling_id} was not found yet; iterate or await it first"
            )
        return self._found


class _Mine:
    """Picks the events of one answer, as if it had been asked for alone."""

    def __init__(self, response_id: ResponseId) -> None:
        self._response_id = response_id
        self._index = 0

    def events(self, events: list[SamplingEvent]) -> list[SamplingEvent]:
        """Return those that concern it, with index 0."""
        return [mine for event in events if (mine := self._mine(event)) is not None]

    def _mine(self, event: SamplingEvent) -> SamplingEvent | None:
        if isinstance(event, Started):
            self._index = event.response_ids.index(self._response_id)
            return msgspec.structs.replace(event, response_ids=(self._response_id,))
        if event.index != self._index:
            return None
        return msgspec.structs.replace(event, index=0)


def _accept(conversation: Conversation, event: SamplingEvent) -> None:
    if isinstance(event, Started) and event.human_response is not None:
        conversation._cache.put(event.human_response)
    elif isinstance(event, Ended):
        conversation._cache.put(event.response)


async def _learn_leaf(conversation: Conversation) -> None:
    """Ask where the leaf is now: only who began the sampling knows whether it was to move."""
    await conversation._remote.read_changes(conversation._cache.revision)
