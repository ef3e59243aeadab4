"""The use cases in process, as a backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path

from anyio.from_thread import BlockingPortal, start_blocking_portal

from grok_tree.forest import (
    ConversationChange,
    Ended,
    MarkChange,
    Origin,
    Response,
    ResponseDraft,
    ResponseId,
    Token,
    consequence,
    fork_parent,
    resample_parent,
    resume_parent,
)
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, SampleCommand, SamplingRun, SystemIds, World, open_forests
from grok_tree.store import Store
from grok_tree.testing._seen import (
    SeenChange,
    SeenConversation,
    SeenResponse,
    TurnIds,
    seen_conversation,
    seen_response,
)


class ServiceBackend:
    """`Forests`, called through a portal into the event loop that it lives in."""

    def __init__(self, portal: BlockingPortal, forests: Forests) -> None:
        self._portal = portal
        self._forests = forests
        self._new_request = SystemIds().new_id

    def create(self, *, title: str = "") -> str:
        create = partial(self._forests.create_conversation, self._new_request(), title=title)
        return self._portal.call(create).conversation_id

    def set_title(self, conversation_id: str, title: str) -> None:
        self._update(conversation_id, ConversationChange(title=title))

    def set_starred(self, conversation_id: str, *, starred: bool) -> None:
        self._update(conversation_id, ConversationChange(starred=starred))

    def set_deleted(self, conversation_id: str, *, deleted: bool) -> None:
        forests = self._forests
        change = forests.delete_conversation if deleted else forests.restore_conversation
        self._portal.call(change, self._new_request(), conversation_id)

    def generate_title(self, conversation_id: str) -> str:
        generate = self._forests.generate_title
        return self._portal.call(generate, self._new_request(), conversation_id).title

    def listed(self, *, deleted: bool = False) -> list[str]:
        page = self._portal.call(partial(self._forests.list_conversations, deleted=deleted))
        return [conversation.conversation_id for conversation in page.conversations]

    def seen(self, conversation_id: str) -> SeenConversation:
        return self._portal.call(self._seen, conversation_id)

    def turn(
        self, conversation_id: str, message: str, parent: str | None, *, n: int = 1
    ) -> TurnIds:
        command = SampleCommand(
            request_id=self._new_request(),
            conversation_id=conversation_id,
            parent_response_id=parent,
            message=message,
            n=n,
        )
        return self._portal.call(self._sample, command)

    def cut(self, conversation_id: str, message: str, *, model_name: str, after: int) -> TurnIds:
        command = SampleCommand(
            request_id=self._new_request(),
            conversation_id=conversation_id,
            message=message,
            model_name=model_name,
        )
        return self._portal.call(self._cut, command, after)

    def begin(self, conversation_id: str, message: str, *, model_name: str) -> str:
        command = SampleCommand(
            request_id=self._new_request(),
            conversation_id=conversation_id,
            message=message,
            model_name=model_name,
            detach=True,
        )
        return self._portal.call(self._forests.sample, command).started.response_ids[0]

    def attached(self, response_id: str) -> tuple[str, SeenResponse]:
        return self._portal.call(self._attached, response_id)

    def resume(self, response_id: str, *, model_name: str = "") -> TurnIds:
        response = self._response(response_id)
        command = SampleCommand(
            request_id=self._new_request(),
            conversation_id=response.conversation_id,
            parent_response_id=resume_parent(response),
            model_name=model_name or response.model_name,
            origin=Origin(kind="resumed", of=response.response_id),
        )
        return self._portal.call(self._sample, command)

    def fork(self, response_id: str, offset: int, text: str, *, n: int = 1) -> TurnIds:
        response = self._response(response_id)
        command = SampleCommand(
            request_id=self._new_request(),
            conversation_id=response.conversation_id,
            parent_response_id=fork_parent(response, offset),
            model_name="scripted/echo",
            n=n,
            origin=Origin(kind="forked", of=response.response_id, offset=offset, forced=text),
        )
        return self._portal.call(self._sample, command)

    def resample(self, response_id: str, *, n: int = 1) -> TurnIds:
        response = self._response(response_id)
        command = SampleCommand(
            request_id=self._new_request(),
            conversation_id=response.conversation_id,
            parent_response_id=resample_parent(response),
            n=n,
            origin=Origin(kind="resampled", of=response.response_id),
        )
        return self._portal.call(self._sample, command)

    def replace(self, response_id: str, text: str) -> TurnIds:
        response = self._response(response_id)
        origin = Origin(kind="replaced", of=response.response_id)
        if consequence("replace", response) == "manual_sibling":
            parent = response.parent_response_id
            made = self._add(response.conversation_id, text, parent, origin)
            return TurnIds(None, (made,))
        command = SampleCommand(
            request_id=self._new_request(),
            conversation_id=response.conversation_id,
            parent_response_id=response.parent_response_id,
            message=text,
            origin=origin,
        )
        return self._portal.call(self._sample, command)

    def add_by_hand(self, conversation_id: str, text: str, parent: str | None) -> str:
        return self._add(conversation_id, text, parent, Origin(kind="manual"))

    def select(self, conversation_id: str, response_id: str | None) -> None:
        leaf = None if response_id is None else ResponseId(response_id)
        self._update(conversation_id, ConversationChange(leaf_response_id=leaf))

    def mark(self, response_id: str, change: MarkChange) -> None:
        self._portal.call(self._forests.mark_response, self._new_request(), response_id, change)

    def delete(self, response_id: str) -> int:
        return self._portal.call(self._forests.delete_response, self._new_request(), response_id)

    def restore(self, response_id: str) -> int:
        return self._portal.call(self._forests.restore_response, self._new_request(), response_id)

    def purge(self, response_id: str) -> int:
        return self._portal.call(self._forests.purge_response, self._new_request(), response_id)

    def purge_conversation(self, conversation_id: str) -> int:
        return self._portal.call(
            self._forests.purge_conversation, self._new_request(), conversation_id
        )

    def share(self, response_id: str) -> str:
        return self._portal.call(self._forests.share, self._new_request(), response_id).url

    def unshare(self, response_id: str) -> int:
        unshare = partial(self._forests.unshare, self._new_request(), response_id=response_id)
        return self._portal.call(unshare)

    def found(self, word: str) -> set[tuple[str, str | None]]:
        page = self._portal.call(partial(self._forests.search, word, page_size=500))
        return {(hit.conversation_id, hit.response_id) for hit in page.hits}

    def watched(self, conversation_id: str, n: int) -> list[SeenChange]:
        return self._portal.call(self._watched, conversation_id, n)

    async def _watched(self, conversation_id: str, n: int) -> list[SeenChange]:
        told: list[SeenChange] = []
        async with aclosing(self._forests.watch(conversation_id, 0)) as pages:
            while len(told) < n:
                told += [
                    SeenChange(one.response_id, one.revision, one.deleted)
                    for one in (await anext(pages)).responses
                ]
        return told

    def _update(self, conversation_id: str, change: ConversationChange) -> None:
        update = self._forests.update_conversation
        self._portal.call(update, self._new_request(), conversation_id, change)

    def _add(self, conversation_id: str, text: str, parent: str | None, origin: Origin) -> str:
        draft = ResponseDraft(
            sender="assistant",
            message=text,
            parent_response_id=None if parent is None else ResponseId(parent),
            origin=origin,
        )
        add = partial(self._forests.add_responses, self._new_request(), conversation_id, [draft])
        return self._portal.call(partial(add, leaf_index=0))[0].response_id

    def _response(self, response_id: str) -> Response:
        return self._portal.call(self._forests.get_responses, [response_id])[0]

    async def _seen(self, conversation_id: str) -> SeenConversation:
        conversation = await self._forests.get_conversation(conversation_id)
        found: dict[str, Response] = {}
        async for page in self._forests.iter_changes(conversation_id, 0):
            found.update({response.response_id: response for response in page.responses})
        return seen_conversation(conversation, [r for r in found.values() if not r.deleted])

    async def _sample(self, command: SampleCommand) -> TurnIds:
        run = await self._forests.sample(command)
        async for events in run.follow():
            failed = [e.error for e in events if isinstance(e, Ended) and e.error is not None]
            if failed:
                raise failed[0]
        return _ids_of(run)

    async def _attached(self, response_id: str) -> tuple[str, SeenResponse]:
        run = await self._forests.attach_sampling(response_id=response_id)
        texts: list[str] = []
        ended: list[Ended] = []
        index = run.started.response_ids.index(ResponseId(response_id))
        async for events in run.follow():
            texts += [e.text for e in events if isinstance(e, Token) and e.index == index]
            ended += [e for e in events if isinstance(e, Ended) and e.index == index]
        if ended[0].error is not None:
            raise ended[0].error
        return "".join(texts), seen_response(ended[0].response)

    async def _cut(self, command: SampleCommand, after: int) -> TurnIds:
        run = await self._forests.sample(command)
        n_tokens = 0
        async with aclosing(run.follow()) as stream:
            async for events in stream:
                n_tokens += sum(isinstance(event, Token) for event in events)
                if n_tokens >= after:
                    break
        async for _ in run.follow():
            pass
        return _ids_of(run)


def _ids_of(run: SamplingRun) -> TurnIds:
    human = run.started.human_response
    return TurnIds(human.response_id if human else None, run.started.response_ids)


@contextmanager
def open_service_backend(database: Path) -> Iterator[ServiceBackend]:
    """Open the use cases over a database file, with the scripted models."""
    store = Store.open(database)
    try:
        world = World(store, SamplerRegistry([ScriptedSampler()]), "scripted/echo", _share_url)
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(open_forests(world)) as forests,
        ):
            yield ServiceBackend(portal, forests)
    finally:
        store.close()


async def _share_url(share_id: str) -> str:
    return f"http://127.0.0.1/s/{share_id}"
