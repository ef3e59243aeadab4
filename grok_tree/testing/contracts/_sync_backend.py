"""The blocking client, as a backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from grok_tree.client import (
    Client,
    SamplingOptions,
    SyncConversation,
    SyncResponse,
    SyncSampling,
    SyncSamplingGroup,
)
from grok_tree.errors import ConversationDeletedError, ResponseNotFound
from grok_tree.forest import MarkChange, Started
from grok_tree.testing._seen import (
    SeenChange,
    SeenConversation,
    SeenResponse,
    TurnIds,
    seen_conversation,
    seen_response,
)


class ClientBackend:
    """`Client`, with one handle a conversation for the whole test.

    Compares what a handle knows with what a fresh one reads: the two must never differ.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._handles: dict[str, SyncConversation] = {}

    def create(self, *, title: str = "") -> str:
        handle = self._client.grok.create_conversation(title=title)
        handle.create()
        self._handles[handle.conversation_id] = handle
        return handle.conversation_id

    def set_title(self, conversation_id: str, title: str) -> None:
        self._handle(conversation_id).set_title(title)

    def set_starred(self, conversation_id: str, *, starred: bool) -> None:
        handle = self._handle(conversation_id)
        if starred:
            handle.star()
        else:
            handle.unstar()

    def set_deleted(self, conversation_id: str, *, deleted: bool) -> None:
        handle = self._handles[conversation_id]
        if deleted == (conversation_id in self.listed(deleted=True)):
            return
        if deleted:
            handle.delete()
        else:
            handle.restore()

    def generate_title(self, conversation_id: str) -> str:
        return self._handle(conversation_id).generate_title()

    def listed(self, *, deleted: bool = False) -> list[str]:
        found = self._client.grok.iter_conversations(deleted=deleted)
        return [handle.conversation_id for handle in found]

    def seen(self, conversation_id: str) -> SeenConversation:
        fresh = self._client.grok.get_conversation(conversation_id)
        stored = seen_conversation(fresh.value, list(fresh.forest))
        handle = self._handles.setdefault(conversation_id, fresh)
        known = seen_conversation(handle.value, list(handle.forest))
        assert known == stored, "the handle and the server differ"
        return known

    def turn(
        self, conversation_id: str, message: str, parent: str | None, *, n: int = 1
    ) -> TurnIds:
        handle = self._handle(conversation_id)
        if n == 1:
            return _one(handle.add_response(message, parent=parent))
        return _many(handle.add_responses(message, n, parent=parent))

    def cut(self, conversation_id: str, message: str, *, model_name: str, after: int) -> TurnIds:
        handle = self._handle(conversation_id)
        sampling = handle.add_response(message, parent=None, model_name=model_name)
        for n_tokens, _ in enumerate(sampling, start=1):
            if n_tokens == after:
                break
        return _one(sampling)

    def begin(self, conversation_id: str, message: str, *, model_name: str) -> str:
        handle = self._handle(conversation_id)
        sampling = handle.add_response(message, parent=None, model_name=model_name, detach=True)
        started = next(sampling.events())
        assert isinstance(started, Started)
        handle.refresh()
        return started.response_ids[0]

    def attached(self, response_id: str) -> tuple[str, SeenResponse]:
        sampling = self._response(response_id).attach()
        return "".join(sampling), seen_response(sampling.result().value)

    def resume(self, response_id: str, *, model_name: str = "") -> TurnIds:
        options = SamplingOptions(model_name=model_name) if model_name else SamplingOptions()
        return _one(self._response(response_id).resume(**options))

    def fork(self, response_id: str, offset: int, text: str, *, n: int = 1) -> TurnIds:
        response = self._response(response_id)
        return _many(response.fork_at(offset, text, n=n, model_name="scripted/echo"))

    def resample(self, response_id: str, *, n: int = 1) -> TurnIds:
        response = self._response(response_id)
        return _one(response.resample()) if n == 1 else _many(response.resample_many(n))

    def replace(self, response_id: str, text: str) -> TurnIds:
        return _one(self._response(response_id).replace(text))

    def add_by_hand(self, conversation_id: str, text: str, parent: str | None) -> str:
        handle = self._handle(conversation_id)
        return handle.add_model_response(text, parent=parent).response_id

    def select(self, conversation_id: str, response_id: str | None) -> None:
        self._handle(conversation_id).set_leaf_response_id(response_id)

    def mark(self, response_id: str, change: MarkChange) -> None:
        _mark(self._response(response_id), change)

    def delete(self, response_id: str) -> int:
        return self._response(response_id).delete()

    def restore(self, response_id: str) -> int:
        return self._response(response_id).restore()

    def purge(self, response_id: str) -> int:
        return self._response(response_id).purge()

    def purge_conversation(self, conversation_id: str) -> int:
        return self._handle(conversation_id).purge()

    def share(self, response_id: str) -> str:
        return self._response(response_id).share()

    def unshare(self, response_id: str) -> int:
        return self._response(response_id).unshare()

    def found(self, word: str) -> set[tuple[str, str | None]]:
        hits = self._client.grok.search(word, page_size=500)
        return {(hit.conversation_id, hit.response_id) for hit in hits}

    def watched(self, conversation_id: str, n: int) -> list[SeenChange]:
        told: list[SeenChange] = []
        with self._handle(conversation_id).watch(since=0) as watch:
            while len(told) < n:
                change = next(watch)
                if change.response is not None:
                    found = SeenChange(change.response.response_id, change.revision, change.deleted)
                    told.append(found)
        return told

    def _handle(self, conversation_id: str) -> SyncConversation:
        if conversation_id not in self._handles:
            self._handles[conversation_id] = self._client.grok.get_conversation(conversation_id)
        return self._handles[conversation_id]

    def _response(self, response_id: str) -> SyncResponse:
        for handle in self._handles.values():
            with suppress(ResponseNotFound, ConversationDeletedError):
                return handle.get_response(response_id)
        return self._client.grok.create_conversation().fetch_response(response_id)


def _one(sampling: SyncSampling) -> TurnIds:
    answer = sampling.result()
    human = sampling.human_response
    return TurnIds(human.response_id if human else None, (answer.response_id,))


def _many(group: SyncSamplingGroup) -> TurnIds:
    answers = group.result()
    human = group.human_response
    return TurnIds(human.response_id if human else None, tuple(a.response_id for a in answers))


def _mark(response: SyncResponse, change: MarkChange) -> None:
    if change.starred is not None:
        if change.starred:
            response.star()
        else:
            response.unstar()
    if change.note is not None:
        response.note(change.note)
    if change.add_tags:
        response.tag(*change.add_tags)
    if change.remove_tags:
        response.untag(*change.remove_tags)
    if change.scores:
        response.score(**change.scores)


@contextmanager
def open_sync_backend(client: Client) -> Iterator[ClientBackend]:
    """Open a blocking client; it is closed at the end."""
    with client as opened:
        yield ClientBackend(opened)
