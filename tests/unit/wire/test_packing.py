"""What is packed into a message comes out of it as it was."""

from __future__ import annotations

from grok_tree.forest import SamplingEvent, Token, TokenLogprob
from grok_tree.wire import EventReader, pack_events


def test_pieces_with_and_without_log_probabilities_keep_their_own() -> None:
    events: list[SamplingEvent] = [
        Token("begun"),
        Token(" a", 0, 5, TokenLogprob(" a", -0.5, (), 5)),
        Token(" b", 0, 7),
        Token(" c", 0, 9, TokenLogprob(" c", -0.25, (), 9)),
    ]
    reader = EventReader()
    seen = [event for message in pack_events(events) for event in reader.events(message)]
    assert seen == events
    assert reader.from_characters == [11]
