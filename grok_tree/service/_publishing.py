"""Use cases of finding and showing: titles, shares, search, models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio.to_thread
import msgspec

from grok_tree.errors import (
    ConversationDeletedError,
    InvalidOperationError,
    NotFoundError,
    ShareNotFound,
)
from grok_tree.forest import (
    Ceiling,
    Conversation,
    ConversationChange,
    Model,
    Response,
    ResponseId,
    SamplerEvent,
    Share,
    Token,
)
from grok_tree.samplers import Turn
from grok_tree.service._base import page_limit
from grok_tree.service._conversations import ConversationUseCases
from grok_tree.service._live import live_conversation, live_response, response_of
from grok_tree.service._metering import metered
from grok_tree.service._prompt_size import size_of_prompt
from grok_tree.service._requests import SearchPage, ServerInfo, SharedPath
from grok_tree.service._titles import TITLE_SETTINGS, title_from, title_prompt
from grok_tree.store import Reader, ResolvedIds, Writer


class PublishingUseCases(ConversationUseCases):
    """What names, shows and finds."""

    async def generate_title(
        self,
        request_id: str,
        conversation_id: str,
        *,
        leaf_response_id: str | None = None,
        model_name: str = "",
        budget: Ceiling | None = None,
    ) -> Conversation:
        """Let a model write the title from the path to a response, by default the leaf.

        Raises:
            BudgetExhausted: The server's budget, or the client's, has no room for it.
            InvalidOperationError: The conversation is empty.
            SamplingError: The model failed; the title stays.
        """
        asked = (conversation_id, leaf_response_id, model_name)
        if await self._read(lambda reader: reader.recall(request_id)) is None:
            title = await self._sample_title(*asked, budget)
        else:
            title = ""  # never used: the first result is returned
        now = self._world.clock.now()

        def work(writer: Writer) -> Conversation:
            live_conversation(writer, conversation_id)
            return writer.update_conversation(conversation_id, ConversationChange(title=title), now)

        return await self._once(request_id, "generate_title", asked, result=Conversation, work=work)

    async def _sample_title(
        self,
        conversation_id: str,
        leaf_response_id: str | None,
        model_name: str,
        budget: Ceiling | None,
    ) -> str:
        conversation = await self.get_conversation(conversation_id)
        leaf = leaf_response_id or conversation.leaf_response_id
        if leaf is None:
            raise InvalidOperationError(
                f"conversation {conversation_id} has no leaf to take a title from;"
                " add a response first, or name one"
            )
        path = await self._read(lambda reader: _live_path(reader, leaf, conversation_id))
        turns = [Turn(response.sender, response.message) for response in path]
        name = model_name or conversation.model_name or self._world.default_model
        sampler, model = self._world.samplers.resolve(name)
        sampler.check(model, TITLE_SETTINGS, 1)
        prompt = title_prompt(turns)
        size = size_of_prompt([prompt.last], prompt.system_prompt)
        plan = await self._spending.plan(budget, name, size, TITLE_SETTINGS)
        async with self._spending.holding(plan) as hold:
            events = metered(sampler.sample(model, prompt, TITLE_SETTINGS, 1), hold, size)
            answer = await _answer(events)
        return title_from(answer, turns)

    async def share(self, request_id: str, response_id: str) -> Share:
        """Publish the path that ends in a response."""
        share_id = self._world.ids.new_secret()
        now = self._world.clock.now()

        def work(writer: Writer) -> str:
            live_response(writer, response_id)
            writer.add_share(share_id, response_id, now)
            return share_id

        kept = await self._once(request_id, "share", response_id, result=str, work=work)
        row = await self._read(lambda reader: reader.share(kept))
        return await self._as_share(row.share_id, row.response_id, row.create_time)

    async def unshare(
        self, request_id: str, *, share_id: str | None = None, response_id: str | None = None
    ) -> int:
        """Take back one share, or every share of a response; return how many there were."""
        if (share_id is None) == (response_id is None):
            raise InvalidOperationError("name either a share or a response to unshare")

        now = self._world.clock.now()

        def work(writer: Writer) -> int:
            return writer.remove_shares(share_id=share_id, response_id=response_id, now=now)

        return await self._once(
            request_id, "unshare", (share_id, response_id), result=int, work=work
        )

    async def list_shares(self, conversation_id: str) -> list[Share]:
        """Return every share of a conversation, oldest first."""
        rows = await self._read(lambda reader: reader.shares(conversation_id))
        return [await self._as_share(r.share_id, r.response_id, r.create_time) for r in rows]

    async def shared_path(self, share_id: str) -> SharedPath:
        """Return what a share shows, for the page.

        Raises:
            ShareNotFound: There is none of this id, or what it showed was deleted.
        """
        return await self._read(lambda reader: _shared_path(reader, share_id))

    async def search(
        self,
        query: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        conversation_id: str | None = None,
    ) -> SearchPage:
        """Find words in titles and responses, newest first."""
        if not query.strip():
            raise InvalidOperationError("the search is empty; give a word")
        limit = page_limit(page_size)
        await self._submit(lambda writer: writer.index_rest(), durable=False)
        rows = await self._read(
            lambda reader: reader.search(
                query, limit=limit, after=page_token, conversation_id=conversation_id
            )
        )
        return SearchPage(rows.hits, rows.next_token)

    async def resolve_id(self, prefix: str) -> ResolvedIds:
        """Return the ids that begin with `prefix`, at most 10 of each kind."""
        return await self._read(lambda reader: reader.resolve(prefix))

    async def list_models(self) -> list[Model]:
        """Return every model of every sampler; the default one is marked."""
        await self._world.samplers.refresh()
        models = await anyio.to_thread.run_sync(self._world.samplers.models)
        return _marked_default(models, self._world.default_model)

    async def who_am_i(self) -> ServerInfo:
        """Return what this server is."""
        return ServerInfo(
            version=self._world.version,
            user="local",
            database=self._store.description,
            database_id=await self._read(lambda reader: reader.database_id()),
        )

    async def _as_share(self, share_id: str, response_id: ResponseId, create_time: Any) -> Share:
        url = await self._world.share_url(share_id)
        return Share(share_id=share_id, url=url, response_id=response_id, create_time=create_time)


def _shared_path(reader: Reader, share_id: str) -> SharedPath:
    row = reader.share(share_id)
    try:
        response = live_response(reader, row.response_id)
    except (NotFoundError, ConversationDeletedError):
        raise ShareNotFound(f"share {share_id} shows a response that was deleted") from None
    conversation = reader.conversation(response.conversation_id)
    return SharedPath(conversation.title, reader.path(response.response_id))


def _live_path(reader: Reader, response_id: str, conversation_id: str) -> list[Response]:
    response_of(reader, response_id, conversation_id)
    return reader.path(response_id)


async def _answer(events: AsyncIterator[SamplerEvent]) -> str:
    return "".join([event.text async for event in events if isinstance(event, Token)])


def _marked_default(models: Sequence[Model], default: str) -> list[Model]:
    return [msgspec.structs.replace(model, is_default=model.name == default) for model in models]
