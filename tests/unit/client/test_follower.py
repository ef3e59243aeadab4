"""A sampling that is read through several calls is read once, without gap or repeat."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as some

from grok_tree.client._follower import Follower
from grok_tree.errors import DeadlineExceededError, GrokTreeError, ServerUnavailable
from grok_tree.forest import Ended, Reasoning, ResponseId, SamplingEvent, Started, Token
from grok_tree.testing import forest_of
from grok_tree.wire import pack_events, pb

TEXTS = ["one two three", "a longer answer than the first"]
THOUGHT = "let me think about that"
IDS = tuple(ResponseId(f"01900000-0000-7000-8000-00000000000{n}") for n in range(2))
STARTED = Started(sampling_id="s", human_response=None, response_ids=IDS, model_name="m")
ANSWER = forest_of("a>b").responses[-1]


def everything(from_characters: list[int]) -> list[SamplingEvent]:
    """Return what a server sends to one who has so much already."""
    had = [*from_characters, 0, 0]
    events: list[SamplingEvent] = [STARTED]
    events += [Reasoning(letter, 0) for letter in THOUGHT]
    for index, text in enumerate(TEXTS):
        events += [Token(letter, index) for letter in text[had[index] :]]
        events.append(Ended(response=ANSWER, index=index))
    return events


class Server:
    """Sends one event a message and cuts each call after some of them."""

    def __init__(self, cuts: list[int], error: GrokTreeError) -> None:
        self.cuts = cuts
        self.error = error
        self.methods: list[str] = []

    async def stream(
        self, method: str, request: Any, *, timeout: float | None = None
    ) -> AsyncGenerator[pb.SampleEvents, None]:
        del timeout
        self.methods.append(method)
        had = [] if method == "Sample" else list(request.from_characters)
        left = self.cuts.pop(0) if self.cuts else 1_000
        for event in everything(had):
            if left == 0:
                raise self.error
            left -= 1
            for message in pack_events([event]):
                yield message


def cut_off() -> GrokTreeError:
    error = ServerUnavailable("gone")
    error.grpc_status = "UNAVAILABLE"
    return error


async def followed(server: Server, *, detach: bool) -> list[SamplingEvent]:
    request = pb.SampleRequest(request_id="s", detach=detach)
    batches = Follower(server.stream, None).sample(request)
    return [event async for batch in batches for event in batch]


@given(some.lists(some.integers(1, 60), max_size=8))
def test_cuts_are_not_seen(cuts: list[int]) -> None:
    server = Server(cuts, cut_off())
    events = anyio.run(lambda: followed(server, detach=True))
    for index, text in enumerate(TEXTS):
        tokens = [e for e in events if isinstance(e, Token) and e.index == index]
        assert "".join(token.text for token in tokens) == text
        assert [token.offset for token in tokens] == list(range(len(text)))
    assert "".join(e.text for e in events if isinstance(e, Reasoning)) == THOUGHT
    assert [type(e) for e in events].count(Started) == 1
    assert [e.index for e in events if isinstance(e, Ended)] == [0, 1]
    assert set(server.methods[1:]) <= {"AttachSampling"}


@pytest.mark.anyio
async def test_one_that_is_not_detached_is_not_followed_on() -> None:
    with pytest.raises(ServerUnavailable):
        await followed(Server([5], cut_off()), detach=False)


@pytest.mark.anyio
async def test_a_cut_after_the_end_is_no_failure() -> None:
    n_events = len(everything([]))
    events = await followed(Server([n_events], cut_off()), detach=False)
    assert [e.index for e in events if isinstance(e, Ended)] == [0, 1]


@pytest.mark.anyio
async def test_a_server_that_stays_away_is_an_error() -> None:
    server = Server([5, 0], cut_off())
    with pytest.raises(ServerUnavailable):
        await followed(server, detach=True)
    assert server.methods == ["Sample", "AttachSampling"]


@pytest.mark.anyio
async def test_what_is_no_cut_is_an_error() -> None:
    late = DeadlineExceededError("late")
    late.grpc_status = "DEADLINE_EXCEEDED"
    with pytest.raises(DeadlineExceededError):
        await followed(Server([5], late), detach=True)
