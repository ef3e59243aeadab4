"""What every store must do with responses that have their ids already; part of `StoreContract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

import msgspec

from grok_tree.forest import (
    NO_PARENT,
    ConversationId,
    Response,
    ResponseId,
    TokenLogprob,
    derived_id,
)
from grok_tree.store import Writer, said_hash
from grok_tree.testing.contracts._desk import Desk

TOKENS = (TokenLogprob("a", -0.5),)


class UnitingContract:
    """Scenarios for one store; the subclass gives the fixture `desk`."""

    def test_responses_keep_the_ids_that_they_bring(self, desk: Desk) -> None:
        conversation = desk.conversation()
        top = desk.add(conversation, "top")
        brought = _brought(desk, conversation, "a", "b", "c")
        brought[0] = msgspec.structs.replace(brought[0], parent_response_id=top)
        place = desk.read(lambda r: r.known([top]))[top].position

        _add(desk, conversation, brought, {0: place})

        kept = desk.read(lambda r: r.responses([one.response_id for one in brought]))
        assert [one.message for one in kept] == ["a", "b", "c"]
        assert [one.parent_response_id for one in kept] == [
            top,
            brought[0].response_id,
            brought[1].response_id,
        ]
        assert desk.read(lambda r: r.logprobs(brought[0].response_id)) == list(TOKENS)
        assert desk.see(conversation).n_responses == 4

    def test_what_is_known_is_said_of_thousands_of_ids_at_once(self, desk: Desk) -> None:
        conversation = desk.conversation()
        brought = _brought(desk, conversation, *map(str, range(1_500)))
        _add(desk, conversation, brought)
        unknown = [derived_id(1, str(number)) for number in range(1_500)]

        found = desk.read(lambda r: r.known([*unknown, *(one.response_id for one in brought)]))
        assert set(found) == {one.response_id for one in brought}
        for position, one in enumerate(brought):
            known = found[one.response_id]
            assert (known.conversation_id, known.position) == (conversation, position)
            assert known.content_hash == said_hash(one)
            assert [known.hidden, known.growing, known.purged] == [False] * 3

    def test_what_was_deleted_and_purged_is_known_as_that(self, desk: Desk) -> None:
        conversation = desk.conversation()
        hidden, purged = (desk.add(conversation, text) for text in ("hidden", "purged"))
        now = desk.clock.now()
        for one in (hidden, purged):
            desk.write(partial(Writer.hide, response_id=one, now=now))
        desk.write(lambda w: w.purge(purged, now))

        found = desk.read(lambda r: r.known([hidden, purged]))
        assert (found[hidden].hidden, found[hidden].purged) == (True, False)
        assert found[purged].purged


def _brought(desk: Desk, conversation: ConversationId, *messages: str) -> list[Response]:
    """Return a chain of responses with ids of their own."""
    chain: list[Response] = []
    for message in messages:
        one = Response(
            response_id=ResponseId(derived_id(1_000, conversation, message)),
            conversation_id=conversation,
            parent_response_id=chain[-1].response_id if chain else None,
            sender="human",
            message=message,
            create_time=desk.clock.now(),
        )
        chain.append(one)
    return chain


def _add(
    desk: Desk,
    conversation: ConversationId,
    brought: Sequence[Response],
    places: Mapping[int, int] = MappingProxyType({}),
) -> None:
    """Store a chain, of which the first has log-probabilities."""
    now = desk.clock.now()
    parents = range(NO_PARENT, len(brought) - 1)
    desk.write(
        lambda writer: writer.add_ready(
            conversation,
            brought,
            parents,
            places=places,
            now=now,
            logprobs={brought[0].response_id: TOKENS},
        )
    )
