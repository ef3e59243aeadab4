"""Whatever happens on the server, and whenever it is read: mirror, handles and server agree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.client import SyncConversation
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Response, ResponseId
from grok_tree.testing import running_server


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with running_server(tmp_path / "server.db") as server:
        yield server.address


def change(conversation: SyncConversation, dice: random.Random, number: int) -> None:
    """Do something to a conversation that is up to date."""
    responses = list(conversation.forest)
    if not responses or dice.random() < 0.5:
        parent = dice.choice([None, *responses])
        above = None if parent is None else parent.response_id
        conversation.add_model_response(f"text {number}", parent=above)
        return
    chosen = conversation.get_response(dice.choice(responses).response_id)
    choice = dice.randrange(5)
    if choice == 0:
        chosen.delete()
    elif choice == 1:
        chosen.tag(f"tag-{number}")
    elif choice == 2:
        conversation.set_title(f"title {number}")
    elif choice == 3:
        chosen.select()
    else:
        chosen.resample().result() if chosen.parent_response_id else chosen.star()


def restore_something(conversation: SyncConversation, deleted: list[ResponseId]) -> None:
    for response_id in deleted:
        with suppress(InvalidOperationError):
            conversation.fetch_response(response_id).restore()


def seen(forest: Forest) -> tuple[object, list[Response], list[ResponseId], list[int]]:
    return (
        forest.conversation,
        list(forest),
        forest.responses.ids,
        list(forest.parent_numbers),
    )


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))]
)
def test_any_history_read_at_any_moment_is_the_servers(address: str, seed: int) -> None:
    dice = random.Random(seed)
    with (
        Client(address, mirror=False) as plain,
        Client(address) as one,
        Client(address) as two,
    ):
        source = plain.grok.create_conversation()
        source.create()
        of_one = one.grok.get_conversation(source.conversation_id)
        of_two = two.grok.get_conversation(source.conversation_id)
        taken: list[tuple[Forest, object]] = []
        for number in range(60):
            change(source, dice, number)
            source.refresh()
            if dice.random() < 0.1:
                known = {response.response_id for response in source.forest}
                gone = [one for one in of_one.forest.responses.ids if one not in known]
                restore_something(source, gone)
                source.refresh()
            reader = dice.choice([of_one, of_two, None])
            if reader is None:
                continue
            if dice.random() < 0.2:
                reader = dice.choice([one, two]).grok.get_conversation(source.conversation_id)
            elif dice.random() < 0.3:
                reader.load()
            else:
                reader.refresh()
            # Some are looked at only later: they must not have been in memory since.
            taken.append((reader.forest, seen(source.forest)))
            for snapshot, before in taken:
                if dice.random() < 0.1:
                    assert seen(snapshot) == before
            assert len(reader.forest) == len(source.forest)
    for snapshot, before in taken:
        assert seen(snapshot) == before, "a snapshot outlives its client"
