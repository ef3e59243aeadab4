"""A forest as an immutable snapshot: the shape in arrays, the responses fetched when asked for.

Responses are numbered by their place in the snapshot, in order of creation, so a parent's number
is always smaller than its children's. Every algorithm is a loop over these numbers: a chain of
100,000 responses and a fork with 100,000 children are ordinary. Nothing here checks that numbers
and ids come from the same conversation; `Forest` is made by the client and the store.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Protocol, overload

from grok_tree.errors import ResponseNotFound
from grok_tree.forest._analysed import Analysed
from grok_tree.forest._content import content_hash
from grok_tree.forest._diff import PathDiff
from grok_tree.forest._events import TokenLogprob
from grok_tree.forest._ids import ResponseId
from grok_tree.forest._telling import counted
from grok_tree.forest._values import Conversation, Response

NO_PARENT = -1


class ResponseSource(Protocol):
    """Where a snapshot takes ids and responses from, by number.

    Implementations must keep answering as they did when the snapshot was taken.
    """

    def response_ids(self, numbers: Sequence[int]) -> list[ResponseId]:
        """Return ids, in the order asked for."""

    def number(self, response_id: str) -> int | None:
        """Return the number of an id, None if the snapshot has no such response."""

    def responses(self, numbers: Sequence[int]) -> list[Response]:
        """Return responses, in the order asked for."""


class Beside(Protocol):
    """What belongs to responses and is too large to come with them."""

    def logprobs(self, response: Response) -> Sequence[TokenLogprob]:
        """Return the log-probabilities of a response's tokens, empty where none are kept."""

    def file(self, file_id: str) -> bytes | None:
        """Return the contents of an attached file, None where they are not kept."""


class NothingBeside:
    """Where nothing is kept but the responses themselves."""

    def logprobs(self, response: Response) -> Sequence[TokenLogprob]:  # noqa: ARG002 - of any
        """Return nothing."""
        return ()

    def file(self, file_id: str) -> bytes | None:  # noqa: ARG002 - of any
        """Return nothing."""
        return None


_NOTHING = NothingBeside()


class HeldResponses:
    """A source over a list that is held in memory."""

    def __init__(self, responses: Iterable[Response]) -> None:
        self._responses = list(responses)
        self._numbers = {one.response_id: number for number, one in enumerate(self._responses)}

    def response_ids(self, numbers: Sequence[int]) -> list[ResponseId]:
        """Return ids, in the order asked for."""
        return [self._responses[number].response_id for number in numbers]

    def number(self, response_id: str) -> int | None:
        """Return the number of an id, None if it is not in the list."""
        return self._numbers.get(ResponseId(response_id))

    def responses(self, numbers: Sequence[int]) -> list[Response]:
        """Return responses, in the order asked for."""
        return [self._responses[number] for number in numbers]


class Responses(Sequence[Response]):
    """Responses by their place, each fetched when it is looked at."""

    def __init__(self, source: ResponseSource, numbers: Sequence[int]) -> None:
        self._source = source
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> Response: ...
    @overload
    def __getitem__(self, place: slice) -> Responses: ...
    def __getitem__(self, place: int | slice) -> Response | Responses:
        if isinstance(place, slice):
            return Responses(self._source, self._numbers[place])
        return self._source.responses([self._numbers[place]])[0]

    def __iter__(self) -> Iterator[Response]:
        batch = 256
        for start in range(0, len(self._numbers), batch):
            yield from self._source.responses(self._numbers[start : start + batch])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Responses: {len(self)}>"

    def several(self, places: Iterable[int]) -> list[Response]:
        """Return those at some places, fetched together, in the order asked for."""
        return self._source.responses([self._numbers[place] for place in places])

    def ids_at(self, places: Iterable[int]) -> list[ResponseId]:
        """Return the ids of those at some places, without fetching any response."""
        return self._source.response_ids([self._numbers[place] for place in places])

    @property
    def ids(self) -> list[ResponseId]:
        """The ids, without fetching any response."""
        return self._source.response_ids(self._numbers)


class Forest(Analysed):
    """All visible responses of one conversation at one revision.

    Methods that take a response accept its id; each raises `ResponseNotFound` for an unknown one.
    """

    def __init__(
        self,
        conversation: Conversation,
        parents: Sequence[int],
        source: ResponseSource,
        beside: Beside = _NOTHING,
    ) -> None:
        """Make a snapshot.

        Args:
            conversation: The conversation's own fields at that revision.
            parents: The number of each response's parent, `NO_PARENT` for a root.
            source: Where ids and responses come from.
            beside: Where what does not come with responses is found.
        """
        self.conversation = conversation
        self.beside = beside
        self._parents = parents
        self._source = source

    def __len__(self) -> int:
        return len(self._parents)

    def __contains__(self, response_id: object) -> bool:
        return isinstance(response_id, str) and self._source.number(response_id) is not None

    def __iter__(self) -> Iterator[Response]:
        return iter(self.responses)

    def __getitem__(self, response_id: str) -> Response:
        return self._source.responses([self.number(response_id)])[0]

    def __repr__(self) -> str:
        title = self.conversation.title or self.conversation.conversation_id
        size = f"{counted(len(self), 'response')}, {counted(len(self.tips), 'tip')}"
        return f"<Forest {title[:40]!r}: {size}>"

    def _to_analyse(self) -> Forest:
        return self

    def with_beside(self, beside: Beside) -> Forest:
        """Return the same snapshot, with another source of what does not come with responses."""
        return Forest(self.conversation, self._parents, self._source, beside)

    @cached_property
    def content_hash(self) -> str:
        """A hash of what was said and of what answers what; the same for a study run again.

        It does not depend on ids, times, costs, marks, the names of models, or the order of
        siblings. Reads every response once.
        """
        return content_hash(self._parents, self)

    @property
    def responses(self) -> Responses:
        """Every response, in order of creation."""
        return self.at(range(len(self)))

    @cached_property
    def roots(self) -> Responses:
        """The responses without a parent, in order of creation."""
        return self.at([n for n, parent in enumerate(self._parents) if parent == NO_PARENT])

    @cached_property
    def tips(self) -> Responses:
        """The responses without a child, in order of creation."""
        starts = self._children_index[0]
        return self.at([n for n in range(len(self)) if starts[n] == starts[n + 1]])

    @property
    def leaf(self) -> Response | None:
        """Where the next turn attaches."""
        leaf = self.conversation.leaf_response_id
        return self[leaf] if leaf is not None and leaf in self else None

    @property
    def parent_numbers(self) -> Sequence[int]:
        """The number of each response's parent, `NO_PARENT` for a root; for analysis."""
        return self._parents

    def number(self, response_id: str) -> int:
        """Return the place of a response in the snapshot, from 0; for analysis."""
        number = self._source.number(response_id)
        if number is None:
            where = self.conversation.conversation_id
            message = (
                f"response {response_id} is not in this snapshot of conversation {where};"
                " refresh() the conversation if it was added since"
            )
            raise ResponseNotFound(message, response_id=response_id, conversation_id=where)
        return number

    def at(self, numbers: Sequence[int]) -> Responses:
        """Return the responses at some places of the snapshot, counted from 0; for analysis."""
        return Responses(self._source, numbers)

    def path(self, response_id: str) -> Responses:
        """Return the responses from the root to this one, it included."""
        return self.at(self._path_numbers(self.number(response_id)))

    def parent(self, response_id: str) -> Response | None:
        """Return what this response answers, None for a root."""
        parent = self._parents[self.number(response_id)]
        return None if parent == NO_PARENT else self._source.responses([parent])[0]

    def children(self, response_id: str) -> Responses:
        """Return the responses attached to this one, in order of creation."""
        return self.at(self._child_numbers(self.number(response_id)))

    def siblings(self, response_id: str) -> Responses:
        """Return the other responses with the same parent (for a root, the other roots)."""
        number = self.number(response_id)
        parent = self._parents[number]
        same: Sequence[int]
        if parent == NO_PARENT:
            same = [n for n, above in enumerate(self._parents) if above == NO_PARENT]
        else:
            same = self._child_numbers(parent)
        return self.at([n for n in same if n != number])

    def ancestors(self, response_id: str) -> Responses:
        """Return the path without the response itself, from the root."""
        return self.at(self._path_numbers(self.number(response_id))[:-1])

    def descendants(self, response_id: str) -> Responses:
        """Return everything below this response, in order of creation."""
        top = self.number(response_id)
        below = bytearray(len(self) - top)
        below[0] = 1
        found = []
        for number in range(top + 1, len(self)):
            parent = self._parents[number]
            if parent >= top and below[parent - top]:
                below[number - top] = 1
                found.append(number)
        return self.at(found)

    def depth(self, response_id: str) -> int:
        """Return the number of responses above this one; 0 for a root."""
        return len(self._path_numbers(self.number(response_id))) - 1

    def divergence(self, first_id: str, second_id: str) -> Response | None:
        """Return the last response that both paths share, None when they have different roots."""
        first, second = self.number(first_id), self.number(second_id)
        while first != second:
            # A parent's number is smaller, so the larger of two different ones is never shared.
            if first > second:
                first = self._parents[first]
            else:
                second = self._parents[second]
        return None if first == NO_PARENT else self._source.responses([first])[0]

    def diff(self, first_id: str, second_id: str) -> PathDiff:
        """Return what two paths share and what each has of its own."""
        first = self._path_numbers(self.number(first_id))
        second = self._path_numbers(self.number(second_id))
        shared = 0
        for left, right in zip(first, second, strict=False):
            if left != right:
                break
            shared += 1
        return PathDiff(
            common=self.at(first[:shared]),
            first=self.at(first[shared:]),
            second=self.at(second[shared:]),
        )

    def _path_numbers(self, number: int) -> list[int]:
        path = []
        while number != NO_PARENT:
            path.append(number)
            number = self._parents[number]
        path.reverse()
        return path

    def _child_numbers(self, number: int) -> Sequence[int]:
        starts, children = self._children_index
        return children[starts[number] : starts[number + 1]]

    @cached_property
    def _children_index(self) -> tuple[array[int], array[int]]:
        """All children in one array, grouped by parent, and where each group begins."""
        starts = array("i", bytes(4 * (len(self) + 2)))
        for parent in self._parents:
            if parent != NO_PARENT:
                starts[parent + 2] += 1
        for number in range(2, len(starts)):
            starts[number] += starts[number - 1]
        children = array("i", bytes(4 * starts[-1]))
        for number, parent in enumerate(self._parents):
            if parent != NO_PARENT:
                children[starts[parent + 1]] = number
                starts[parent + 1] += 1
        starts.pop()
        return starts, children
