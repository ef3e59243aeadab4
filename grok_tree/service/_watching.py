"""Following a conversation: what has changed after a cursor, then what changes."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager

import anyio

from grok_tree.errors import ServerUnavailable, StaleSnapshot
from grok_tree.forest import Conversation, ConversationId
from grok_tree.service._base import UseCases, World
from grok_tree.service._changes import changes_page, cursor_after
from grok_tree.service._requests import ChangesPage
from grok_tree.store import Cursor, Reader, Store


class WatchUseCases(UseCases):
    """What can be followed.

    A watcher is a cursor and no queue: it is woken after a commit, and reads what it lacks. So a
    slow one costs nobody anything, and what changed several times meanwhile comes once.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._topics = _Topics(world.store)

    @property
    def n_watchers(self) -> int:
        """How many follow a conversation now."""
        return self._topics.n_watchers

    async def watch(
        self, conversation_id: str, since_revision: int, since_position: int | None = None
    ) -> AsyncGenerator[ChangesPage, None]:
        """Yield what changed after a revision, oldest change first, then what changes, for ever.

        The first page comes at once, also when nothing has changed. Each response comes in its
        newest state, at most once a revision. A page that is the last for now says which revision
        the reader then holds. Deletion of the conversation is a change like others.

        Args:
            conversation_id: What to follow.
            since_revision: What the reader has; 0 for nothing.
            since_position: The last position of that revision that it has; None for all of it.

        Raises:
            ConversationNotFound: There is none of this id, or not any more.
            StaleSnapshot: The conversation has not come to that revision.
            ServerUnavailable: The server stops.
        """
        cursor = Cursor(since_revision, -1 if since_position is None else since_position)
        conversation = await self._read(lambda reader: reader.conversation(conversation_id))
        _check_reached(conversation, cursor)
        told = -1
        with self._topics.joined(conversation.conversation_id) as topic:
            while True:
                n_news = topic.n_news
                page = await self._next_page(topic, cursor)
                cursor = cursor_after(page)
                if page.responses or page.revision != told:
                    yield page
                if page.last:
                    told = page.revision
                    await topic.beyond(n_news)

    def stop_watching(self) -> None:
        """End every watch; its reader is told to come again."""
        self._topics.close()

    async def _next_page(self, topic: _Topic, cursor: Cursor) -> ChangesPage:
        """Read a page once for all watchers that stand at the same place."""
        async with topic.reading:
            page = topic.known_page(cursor)
            if page is None:
                n_news = topic.n_news
                page = await self._read(_page_reader(topic.conversation_id, cursor))
                topic.know(page, cursor, n_news)
            return page


class _Topic:
    """One conversation that somebody watches."""

    def __init__(self, conversation_id: ConversationId) -> None:
        self.conversation_id = conversation_id
        self.n_watchers = 0
        self.n_news = 0
        self.reading = anyio.Lock()
        self._closed = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._known: tuple[Cursor, int, weakref.ref[ChangesPage]] | None = None

    async def beyond(self, n_news: int) -> None:
        """Wait until there are more news than these.

        Raises:
            ServerUnavailable: The server stops.
        """
        while self.n_news == n_news and not self._closed:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(waiter)
            try:
                await waiter
            finally:
                self._waiting.discard(waiter)
        if self._closed:
            raise ServerUnavailable("the server stops; watch again in a moment, from where you are")

    def wake(self) -> None:
        """Say that something has changed."""
        self.n_news += 1
        while self._waiting:
            waiter = self._waiting.pop()
            if not waiter.done():
                waiter.set_result(None)

    def close(self) -> None:
        """Send every watcher away."""
        self._closed = True
        self.wake()

    def know(self, page: ChangesPage, cursor: Cursor, n_news: int) -> None:
        """Remember the page after a cursor, as long as somebody else holds it."""
        self._known = (cursor, n_news, weakref.ref(page))

    def known_page(self, cursor: Cursor) -> ChangesPage | None:
        """Return the page after a cursor, if it was read since the last news."""
        if self._known is None or self._known[:2] != (cursor, self.n_news):
            return None
        return self._known[2]()


class _Topics:
    """All conversations that somebody watches; listens to the store only while there are any."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._topics: dict[ConversationId, _Topic] = {}
        self._stop_listening: Callable[[], None] | None = None
        self._closed = False

    @property
    def n_watchers(self) -> int:
        return sum(topic.n_watchers for topic in self._topics.values())

    @contextmanager
    def joined(self, conversation_id: ConversationId) -> Iterator[_Topic]:
        """Count as a watcher while the block runs; changes are heard of from the beginning."""
        topic = self._topics.setdefault(conversation_id, _Topic(conversation_id))
        topic.n_watchers += 1
        self._listen()
        if self._closed:
            topic.close()
        try:
            yield topic
        finally:
            topic.n_watchers -= 1
            if not topic.n_watchers:
                del self._topics[conversation_id]
                self._rest()

    def close(self) -> None:
        """Send every watcher away, now and from now on."""
        self._closed = True
        for topic in list(self._topics.values()):
            topic.close()

    def _listen(self) -> None:
        if self._stop_listening is None:
            loop = asyncio.get_running_loop()
            # The store calls from its own thread.
            self._stop_listening = self._store.listen(
                lambda news: _hand_over(loop, self._heard, news)
            )

    def _rest(self) -> None:
        if not self._topics and self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None

    def _heard(self, news: Mapping[ConversationId, int]) -> None:
        for conversation_id in news:
            topic = self._topics.get(conversation_id)
            if topic is not None:
                topic.wake()


def _hand_over(
    loop: asyncio.AbstractEventLoop,
    heard: Callable[[Mapping[ConversationId, int]], None],
    news: Mapping[ConversationId, int],
) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(heard, news)


def _page_reader(conversation_id: str, cursor: Cursor) -> Callable[[Reader], ChangesPage]:
    def read(reader: Reader) -> ChangesPage:
        return changes_page(reader, reader.conversation(conversation_id), cursor)

    return read


def _check_reached(conversation: Conversation, cursor: Cursor) -> None:
    if cursor.revision > conversation.revision:
        raise StaleSnapshot(
            f"conversation {conversation.conversation_id} is at revision {conversation.revision},"
            f" which is before {cursor.revision}: the database was restored from a backup, or the"
            " revision is not one of this conversation; load() it and watch it from there",
            conversation_id=conversation.conversation_id,
            revision=conversation.revision,
        )
