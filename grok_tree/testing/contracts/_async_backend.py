"""The async client, as a backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from anyio.from_thread import BlockingPortal, start_blocking_portal

from grok_tree.client import (
    AsyncClient,
    Conversation,
    Response,
    Sampling,
    SamplingGroup,
    SamplingOptions,
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


class AsyncClientBackend:
    """`AsyncClient`, called through a portal into the event loop that it lives in.

    Keeps one handle a conversation for the whole test, and compares what the handle knows with
    what a fresh one reads: the two must never differ.
    """

    def __init__(self, portal: BlockingPortal, client: AsyncClient) -> None:
        self._portal = portal
        self._client = client
        self._handles: dict[str, Conversation] = {}

    def create(self, *, title: str = "") -> str:
        return self._portal.call(self._create, title)

    def set_title(self, conversation_id: str, title: str) -> None:
        self._portal.call(self._handle(conversation_id).set_title, title)

    def set_starred(self, conversation_id: str, *, starred: bool) -> None:
        handle = self._handle(conversation_id)
        self._portal.call(handle.star if starred else handle.unstar)

    def set_deleted(self, conversation_id: str, *, deleted: bool) -> None:
        handle = self._handles[conversation_id]
        if deleted == (conversation_id in self.listed(deleted=True)):
            return
        self._portal.call(handle.delete if deleted else handle.restore)

    def generate_title(self, conversation_id: str) -> str:
        return self._portal.call(self._handle(conversation_id).generate_title)

    def listed(self, *, deleted: bool = False) -> list[str]:
        return self._portal.call(self._listed, deleted)

    def seen(self, conversation_id: str) -> SeenConversation:
        return self._portal.call(self._seen, conversation_id)

    def turn(
        self, conversation_id: str, message: str, parent: str | None, *, n: int = 1
    ) -> TurnIds:
        handle = self._handle(conversation_id)
        if n == 1:
            return self._portal.call(lambda: _one(handle.add_response(message, parent=parent)))
        return self._portal.call(lambda: _many(handle.add_responses(message, n, parent=parent)))

    def cut(self, conversation_id: str, message: str, *, model_name: str, after: int) -> TurnIds:
        handle = self._handle(conversation_id)

        async def cut() -> TurnIds:
            sampling = handle.add_response(message, parent=None, model_name=model_name)
            n_tokens = 0
            async for _ in sampling:
                n_tokens += 1
                if n_tokens == after:
                    break
            return await _one(sampling)

        return self._portal.call(cut)

    def begin(self, conversation_id: str, message: str, *, model_name: str) -> str:
        handle = self._handle(conversation_id)

        async def begin() -> str:
            sampling = handle.add_response(message, parent=None, model_name=model_name, detach=True)
            started = await anext(sampling.events())
            assert isinstance(started, Started)
            await handle.refresh()
            return started.response_ids[0]

        return self._portal.call(begin)

    def attached(self, response_id: str) -> tuple[str, SeenResponse]:
        response = self._response(response_id)

        async def attached() -> tuple[str, SeenResponse]:
            sampling = response.attach()
            texts = [text async for text in sampling]
            return "".join(texts), seen_response((await sampling).value)

        return self._portal.call(attached)

    def resume(self, response_id: str, *, model_name: str = "") -> TurnIds:
        response = self._response(response_id)
        options = SamplingOptions(model_name=model_name) if model_name else SamplingOptions()
        return self._portal.call(lambda: _one(response.resume(**options)))

    def fork(self, response_id: str, offset: int, text: str, *, n: int = 1) -> TurnIds:
        response = self._response(response_id)
        return self._portal.call(
            lambda: _many(response.fork_at(offset, text, n=n, model_name="scripted/echo"))
        )

    def resample(self, response_id: str, *, n: int = 1) -> TurnIds:
        response = self._response(response_id)
        if n == 1:
            return self._portal.call(lambda: _one(response.resample()))
        return self._portal.call(lambda: _many(response.resample_many(n)))

    def replace(self, response_id: str, text: str) -> TurnIds:
        response = self._response(response_id)
        return self._portal.call(lambda: _one(response.replace(text)))

    def add_by_hand(self, conversation_id: str, text: str, parent: str | None) -> str:
        handle = self._handle(conversation_id)

        async def add() -> str:
            return (await handle.add_model_response(text, parent=parent)).response_id

        return self._portal.call(add)

    def select(self, conversation_id: str, response_id: str | None) -> None:
        handle = self._handle(conversation_id)

        async def select() -> None:
            await handle.set_leaf_response_id(response_id)

        self._portal.call(select)

    def mark(self, response_id: str, change: MarkChange) -> None:
        self._portal.call(_mark, self._response(response_id), change)

    def delete(self, response_id: str) -> int:
        return self._portal.call(self._response(response_id).delete)

    def restore(self, response_id: str) -> int:
        return self._portal.call(self._response(response_id).restore)

    def purge(self, response_id: str) -> int:
        return self._portal.call(self._response(response_id).purge)

    def purge_conversation(self, conversation_id: str) -> int:
        return self._portal.call(self._handle(conversation_id).purge)

    def share(self, response_id: str) -> str:
        return self._portal.call(self._response(response_id).share)

    def unshare(self, response_id: str) -> int:
        return self._portal.call(self._response(response_id).unshare)

    def found(self, word: str) -> set[tuple[str, str | None]]:
        return self._portal.call(self._found, word)

    def watched(self, conversation_id: str, n: int) -> list[SeenChange]:
        return self._portal.call(self._watched, self._handle(conversation_id), n)

    async def _watched(self, handle: Conversation, n: int) -> list[SeenChange]:
        told: list[SeenChange] = []
        async with handle.watch(since=0) as watch:
            while len(told) < n:
                change = await anext(watch)
                if change.response is not None:
                    found = SeenChange(change.response.response_id, change.revision, change.deleted)
                    told.append(found)
        return told

    def _handle(self, conversation_id: str) -> Conversation:
        if conversation_id not in self._handles:
            get = self._client.grok.get_conversation
            self._handles[conversation_id] = self._portal.call(get, conversation_id)
        return self._handles[conversation_id]

    def _response(self, response_id: str) -> Response:
        for handle in self._handles.values():
            with suppress(ResponseNotFound, ConversationDeletedError):
                return handle.get_response(response_id)
        nowhere = self._client.grok.create_conversation()
        return self._portal.call(nowhere.fetch_response, response_id)

    async def _create(self, title: str) -> str:
        handle = self._client.grok.create_conversation(title=title)
        await handle.create()
        self._handles[handle.conversation_id] = handle
        return handle.conversation_id

    async def _listed(self, deleted: bool) -> list[str]:  # noqa: FBT001
        found = self._client.grok.iter_conversations(deleted=deleted)
        return [handle.conversation_id async for handle in found]

    async def _seen(self, conversation_id: str) -> SeenConversation:
        fresh = await self._client.grok.get_conversation(conversation_id)
        stored = seen_conversation(fresh.value, list(fresh.forest))
        handle = self._handles.setdefault(conversation_id, fresh)
        known = seen_conversation(handle.value, list(handle.forest))
        assert known == stored, "the handle and the server differ"
        return known

    async def _found(self, word: str) -> set[tuple[str, str | None]]:
        hits = await self._client.grok.search(word, page_size=500)
        return {(hit.conversation_id, hit.response_id) for hit in hits}


async def _one(sampling: Sampling) -> TurnIds:
    answer = await sampling
    human = sampling.human_response
    return TurnIds(human.response_id if human else None, (answer.response_id,))


async def _many(group: SamplingGroup) -> TurnIds:
    answers = await group
    human = group.human_response
    return TurnIds(human.response_id if human else None, tuple(a.response_id for a in answers))


async def _mark(response: Response, change: MarkChange) -> None:
    if change.starred is not None:
        await (response.star() if change.starred else response.unstar())
    if change.note is not None:
        await response.note(change.note)
    if change.add_tags:
        await response.tag(*change.add_tags)
    if change.remove_tags:
        await response.untag(*change.remove_tags)
    if change.scores:
        await response.score(**change.scores)


@contextmanager
def open_async_backend(client: AsyncClient) -> Iterator[AsyncClientBackend]:
    """Open an async client in an event loop of its own; it is closed at the end."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(client) as opened,
    ):
        yield AsyncClientBackend(portal, opened)
