"""Which answers are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grok_tree.analysis._given import AnyForest, OneResponse, forest_around, id_of
from grok_tree.analysis._samples import with_siblings
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Beside, NothingBeside, Response, TokenLogprob


@dataclass(frozen=True)
class Group:
    """Answers that are looked at together, in order of creation.

    Attributes:
        texts: What they say.
        responses: The responses; None where only texts were given.
        beside: Where the log-probabilities of each are found.
        n_left_out: How many siblings were left out because they were written by hand.
    """

    texts: tuple[str, ...]
    responses: tuple[Response, ...] | None
    beside: tuple[Beside, ...]
    n_left_out: int = 0

    def logprobs(self) -> list[Sequence[TokenLogprob]]:
        """Return the log-probabilities of each answer's tokens, as far as they are recorded."""
        found = zip(self.beside, self.responses or (), strict=True)
        return [beside.logprobs(response) for beside, response in found]


def group_of(
    given: OneResponse | Sequence[OneResponse], *, forest: AnyForest | None, manual: bool
) -> Group:
    """Return the group that was meant.

    Args:
        given: One response: it and its siblings. Several responses, or texts: exactly these; what
            is a text in a sequence is no id.
        forest: Where responses are that are given by id or as values.
        manual: Keep what was written by hand.

    Raises:
        InvalidOperationError: An id or a value came without its forest, or it is nothing of these.
        ResponseNotFound: The forest has no such response.
    """
    if isinstance(given, Sequence) and not isinstance(given, str):
        return _exactly(given, forest)
    place = forest_around([given], forest)
    response = place[id_of(given)]
    around = [one for one in with_siblings(place, response) if one.sender == response.sender]
    kept = [one for one in around if manual or not one.manual]
    return _of_responses(kept, [place.beside] * len(kept), n_left_out=len(around) - len(kept))


def _exactly(given: Sequence[OneResponse], forest: AnyForest | None) -> Group:
    texts = [one for one in given if isinstance(one, str)]
    if len(texts) == len(given):
        return Group(tuple(texts), None, ())
    if texts:
        raise InvalidOperationError(
            f"{len(texts)} texts among {len(given)} answers: give texts, or responses, not both"
        )
    responses, beside = [], []
    for one in given:
        if isinstance(one, Response) and forest is None:
            responses.append(one)
            beside.append(_NOTHING)
            continue
        place = forest_around([one], forest)
        responses.append(place[id_of(one)])
        beside.append(place.beside)
    return _of_responses(responses, beside)


_NOTHING: Beside = NothingBeside()


def _of_responses(
    responses: Sequence[Response], beside: Sequence[Beside], *, n_left_out: int = 0
) -> Group:
    texts = tuple(response.message for response in responses)
    return Group(texts, tuple(responses), tuple(beside), n_left_out)
