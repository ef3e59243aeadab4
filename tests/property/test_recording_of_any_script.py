"""Whatever a stateless script resends, edits and repeats: what it said is what was kept, once."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import anyio
import anyio.from_thread
import msgspec
import pytest
from anyio.from_thread import BlockingPortal
from hypothesis import given, settings
from hypothesis import strategies as st

from grok_tree.forest import Ended, Response
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, Said, StatelessCall, World, open_forests, scope_of
from grok_tree.store import Store

Content = tuple[str, str]


async def share_url(share_id: str) -> str:
    return share_id


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BlockingPortal, Forests]]:
    store = Store.open(tmp_path_factory.mktemp("recorded") / "forests.db")
    world = World(store, SamplerRegistry([ScriptedSampler()]), "scripted/echo", share_url)
    try:
        with (
            anyio.from_thread.start_blocking_portal() as portal,
            portal.wrap_async_context_manager(open_forests(world)) as forests,
        ):
            yield portal, forests
    finally:
        store.close()


class Client:
    """Says few different things, so that much is equal; begins its histories anywhere."""

    def __init__(self, portal: BlockingPortal, forests: Forests, seed: int, *, name: str) -> None:
        self._portal = portal
        self._forests = forests
        self._dice = random.Random(seed)
        self._scope = scope_of(name)
        self._name = name
        self._conversations: set[str] = set()
        self._histories: list[tuple[Said, ...]] = [()]
        self.n_samples = 0

    def call(self, number: int) -> None:
        """Send one call, and check where it went."""
        path = self._path()
        n = self._dice.choice([1, 1, 1, 3])
        call = StatelessCall(
            request_id=f"{self._name}/{number}",
            door="test",
            scope=self._scope,
            path=path,
            model_name="scripted/echo",
            n=n,
        )
        answers = self._portal.call(self._answers, call)
        self.n_samples += n
        for answer in answers:
            self._conversations.add(answer.conversation_id)
            below = self._path_to(answer)
            assert [content(one) for one in below[:-1]] == [content(one) for one in path]
            self._check_names(path, below)
            name = answer.response_id if self._dice.random() < 0.8 else ""
            said = Said(sender="assistant", message=answer.message, response_id=name)
            self._histories.append((*path, said))

    def _path(self) -> tuple[Said, ...]:
        """Return a history that was there, maybe cut and edited, and something new below it."""
        history = self._dice.choice(self._histories)
        if history and self._dice.random() < 0.3:
            history = history[: self._dice.randrange(len(history))]
        if history and self._dice.random() < 0.2:
            place = self._dice.randrange(len(history))
            edited = msgspec.structs.replace(history[place], message=self._word())
            history = (*history[:place], edited, *history[place + 1 :])
        return (*history, Said(sender="human", message=self._word()))

    def _word(self) -> str:
        return self._dice.choice(["a", "b"])

    def _check_names(self, path: Sequence[Said], below: Sequence[Response]) -> None:
        """Check that the last name counts which the path above it leads to."""
        for said, kept in reversed(list(zip(path, below, strict=False))):
            if said.response_id and self._leads_to(path, said):
                assert kept.response_id == said.response_id
                return

    def _leads_to(self, path: Sequence[Said], said: Said) -> bool:
        named = self._portal.call(self._forests.get_visible_response, said.response_id)
        above = [content(one) for one in self._path_to(named)]
        return above == [content(one) for one in path[: path.index(said) + 1]]

    def _path_to(self, response: Response) -> list[Response]:
        path = [response]
        while path[0].parent_response_id:
            above = self._portal.call(
                self._forests.get_visible_response, path[0].parent_response_id
            )
            path.insert(0, above)
        return path

    async def _answers(self, call: StatelessCall) -> list[Response]:
        run = await self._forests.record(call)
        events = [event async for batch in run.follow() for event in batch]
        return [event.response for event in events if isinstance(event, Ended)]

    def kept(self) -> list[Response]:
        """Return every response that was kept of this client, oldest first."""
        found = self._portal.call(self._kept)
        return sorted(found, key=lambda one: (one.conversation_id, one.position))

    async def _kept(self) -> list[Response]:
        found: list[Response] = []
        for conversation_id in self._conversations:
            pages = [page async for page in self._forests.iter_changes(conversation_id, 0)]
            found += [one for page in pages for one in page.responses]
        return found


def content(said: Said | Response) -> Content:
    return said.sender, said.message


_n_scripts = itertools.count()


@settings(max_examples=settings().max_examples // 4)
@given(st.integers(0, 2**32))
def test_what_a_script_says_is_kept_once_where_it_said_it(
    running: tuple[BlockingPortal, Forests], seed: int
) -> None:
    client = Client(*running, seed, name=str(next(_n_scripts)))
    for number in range(12):
        client.call(number)

    kept = client.kept()
    sampled = {one.response_id for one in kept if one.finish_reason and not one.origin.of}
    assert len(sampled) == client.n_samples
    seen = set()
    for one in kept:
        place = (one.parent_response_id, content(one))
        assert one.response_id in sampled or place not in seen, "a beginning was stored twice"
        seen.add(place)
