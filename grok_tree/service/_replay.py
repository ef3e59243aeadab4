"""Following a sampling from the middle, or after its end, with the events of a running one."""

from __future__ import annotations

from collections.abc import Sequence

from grok_tree.errors import GrokTreeError, SamplingInterrupted
from grok_tree.forest import Ended, Reasoning, Response, SamplingEvent, Started, Token, parts_of
from grok_tree.service._answer import error_with_kept_text

_PIECE_CHARACTERS = 32_768
"""A stored text is replayed in such pieces, so that no message is too large."""

_WHY_CUT = {
    None: "nobody feeds it any more",
    "failed": "its model failed or its server ended",
    "disconnected": "everybody who followed it was gone",
}


def replay(started: Started, responses: Sequence[Response]) -> list[SamplingEvent]:
    """Return the events of a sampling that has ended, from what it stored."""
    events: list[SamplingEvent] = [started]
    for index, response in enumerate(responses):
        if response.reasoning:
            events.append(Reasoning(response.reasoning, index))
        events += text_pieces(response.message, index)
        events += parts_of(response, index)
        events.append(Ended(response=response, index=index, error=cut_error(response)))
    return events


def text_pieces(text: str, index: int) -> list[Token]:
    """Return a text that is known already as tokens; none if it is empty."""
    begins = range(0, len(text), _PIECE_CHARACTERS)
    return [Token(text[begin : begin + _PIECE_CHARACTERS], index, begin) for begin in begins]


def cut_error(response: Response) -> GrokTreeError | None:
    """Return why a response is partial, unless it is complete or was cancelled on purpose."""
    if not response.partial or response.manual or response.finish_reason not in _WHY_CUT:
        return None
    error = SamplingInterrupted(
        f"response {response.response_id} was cut because {_WHY_CUT[response.finish_reason]};"
        " what came is kept: resume() it, or sample again"
    )
    return error_with_kept_text(error, response.response_id, response.message)


class Skipper:
    """Leaves out the text that a follower has already; what was thought always comes whole."""

    def __init__(self, from_characters: Sequence[int]) -> None:
        """Begin.

        Args:
            from_characters: For each sibling, the length of what the follower has; missing: none.
        """
        self._from = dict(enumerate(from_characters))

    def __call__(self, events: list[SamplingEvent]) -> list[SamplingEvent]:
        """Return the events without what is left out."""
        if not self._from:
            return events
        return [left for event in events if (left := self._left(event)) is not None]

    def _left(self, event: SamplingEvent) -> SamplingEvent | None:
        if not isinstance(event, Token):
            return event
        begin = self._from.get(event.index, 0)
        n_had = begin - event.offset
        if n_had <= 0:
            return event
        if n_had >= len(event.text):
            return None
        return Token(event.text[n_had:], event.index, begin)
