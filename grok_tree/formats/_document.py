"""One conversation that was read from a file, mended, ready to be looked at or stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from grok_tree.forest import (
    NO_PARENT,
    Conversation,
    Forest,
    HeldResponses,
    NothingBeside,
    Response,
    ResponseId,
    TokenLogprob,
)


@dataclass(frozen=True)
class Counts:
    """How many there are of what; depth and fan-out are in responses.

    Attributes:
        nodes: Responses.
        roots: Of these, without a parent.
        forks: With two children or more.
        leaves: Without a child.
        max_depth: Responses on the longest path; a root alone has depth 1.
        max_fanout: Most children of one response.
    """

    nodes: int
    roots: int
    forks: int
    leaves: int
    max_depth: int
    max_fanout: int


@dataclass(frozen=True)
class Document:
    """One conversation of a file.

    Attributes:
        conversation: Its own fields. Times that the file does not say are `NO_TIME`.
        responses: Every parent before its children.
        format: Name of the format it came in.
        index: Its place in the file, counted from 0.
        file: Name of the file, empty when it has none.
        repairs: What was mended in the conversation itself; of responses, their origins say it.
        logprobs: Of the responses that have any.
        files: Gives the contents of an attached file by its id, None where it has none.
    """

    conversation: Conversation
    responses: Sequence[Response]
    format: str
    index: int = 0
    file: str = ""
    repairs: tuple[str, ...] = ()
    logprobs: Mapping[ResponseId, Sequence[TokenLogprob]] = field(default_factory=dict)
    files: Callable[[str], bytes | None] = NothingBeside().file

    @cached_property
    def forest(self) -> Forest:
        """The conversation as a forest that can be asked for paths, tips, differences."""
        return Forest(self.conversation, self.parents, HeldResponses(self.responses), _Held(self))

    @cached_property
    def parents(self) -> list[int]:
        """The place of each response's parent in `responses`, `NO_PARENT` for a root."""
        places: dict[str | None, int] = {None: NO_PARENT}
        parents = []
        for place, response in enumerate(self.responses):
            parents.append(places.get(response.parent_response_id, NO_PARENT))
            places[response.response_id] = place
        return parents

    @cached_property
    def counts(self) -> Counts:
        """How large it is."""
        return counted(self.parents)

    @property
    def repair_counts(self) -> dict[str, int]:
        """Kind to number of what was mended."""
        told = [*self.repairs, *(said for one in self.responses for said in one.origin.repairs)]
        return dict(sorted(Counter(repair_kind(said) for said in told).items()))

    @property
    def flag_counts(self) -> dict[str, int]:
        """Flag to number of responses that the file marks so."""
        found = Counter(flag for one in self.responses for flag in one.origin.flags)
        return dict(sorted(found.items()))


class _Held:
    """What a document holds beside its responses."""

    def __init__(self, document: Document) -> None:
        self._logprobs = document.logprobs
        self.file = document.files

    def logprobs(self, response: Response) -> Sequence[TokenLogprob]:
        return self._logprobs.get(response.response_id, ())


def repair_kind(said: str) -> str:
    """Return the kind of a repair, which stands before the colon of its sentence."""
    kind, colon, _ = said.partition(":")
    return kind if colon and kind.isidentifier() else "other"


def counted(parents: Sequence[int]) -> Counts:
    """Count what a forest has, of which each parent stands before its children."""
    depths: list[int] = []
    fanouts = [0] * len(parents)
    for parent in parents:
        if parent == NO_PARENT:
            depths.append(1)
        else:
            depths.append(depths[parent] + 1)
            fanouts[parent] += 1
    return Counts(
        nodes=len(parents),
        roots=sum(parent == NO_PARENT for parent in parents),
        forks=sum(fanout > 1 for fanout in fanouts),
        leaves=fanouts.count(0),
        max_depth=max(depths, default=0),
        max_fanout=max(fanouts, default=0),
    )
