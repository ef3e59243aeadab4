"""Forests as tables, by grain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from grok_tree.analysis._frames import Kind, Kinds
from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis.tables._costs import COSTS, costs
from grok_tree.analysis.tables._forks import CONVERSATIONS, FORKS, conversations, forks
from grok_tree.analysis.tables._responses import RESPONSES, SAMPLINGS, responses, samplings
from grok_tree.analysis.tables._tokens import TOKENS, tokens
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, counted

Grain = Literal["conversations", "responses", "forks", "samplings", "tokens", "costs"]
"""What a row stands for."""

Forests = AnyForest | Iterable[AnyForest]
"""One, or several whose rows follow each other."""


class _Rows(NamedTuple):
    kinds: Kinds
    of: Callable[[Sequence[Forest]], Records]


_GRAINS: Mapping[str, _Rows] = {
    "conversations": _Rows(CONVERSATIONS, conversations),
    "responses": _Rows(RESPONSES, responses),
    "forks": _Rows(FORKS, forks),
    "samplings": _Rows(SAMPLINGS, samplings),
    "tokens": _Rows(TOKENS, tokens),
    "costs": _Rows(COSTS, costs),
}


@dataclass(frozen=True, repr=False)
class Table(Tabular):
    """Rows of one grain, whose columns have the same names and types however few rows there are.

    Attributes:
        grain: What a row stands for.
        rows: Flat dictionaries with the same keys in the same order.
        kinds: Name of each column to what it holds: ``text``, ``int``, ``float``, ``bool``,
            ``time``.
    """

    grain: Grain
    rows: Records
    kinds: Kinds

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<Table of {self.grain}: {self}>"

    def __str__(self) -> str:
        return f"{counted(len(self.rows), 'row')}, {counted(len(self.kinds), 'column')}"

    def to_records(self) -> Records:
        """Return the rows."""
        return self.rows

    def _kinds(self) -> Kinds:
        return self.kinds

    def _caption(self) -> str:
        return self.grain


def table(forest: Forests, grain: Grain = "responses") -> Table:
    """Return forests as a table.

    What is counted: ``depth`` is the number of responses on the path, 1 for a root; ``n_below``
    that of responses below, ``n_tips`` that of tips below; ``n_models`` that of different models
    among a fork's children, ``n_manual`` that of children written by hand; ``n_characters`` that of
    code points. Columns of ``tokens`` are the figures of `AnswerToken`. Those of ``costs`` are sums
    over the samplings of a model and a day: tokens (``cached_prompt_tokens`` are among
    ``prompt_tokens``); ``cost_usd`` of those whose cost is known, in US dollars, None where none
    is; ``n_unknown_costs`` samplings without; ``n_estimated`` whose figures the provider did not
    count; ``duration_s`` in seconds.

    Args:
        forest: One, or several whose rows follow each other.
        grain: What a row stands for: ``conversations``, ``responses``, ``forks`` (responses with
            several children), ``samplings`` (responses that a model said, with settings, usage,
            timing and origin), ``tokens`` (those whose log-probabilities are kept), or ``costs``
            (a model and a day (UTC) of all forests together).

    Raises:
        InvalidOperationError: There is no such grain, or log-probabilities are not loaded.
    """
    asked = _GRAINS.get(grain)
    if asked is None:
        known = ", ".join(get_args(Grain))
        raise InvalidOperationError(f"there is no grain {grain!r} of rows; there are {known}")
    rows = asked.of(_snapshots(forest))
    scores: dict[str, Kind] = dict.fromkeys((rows[0] if rows else {}).keys() - asked.kinds, "float")
    return Table(grain, rows, {**asked.kinds, **dict(sorted(scores.items()))})


def _snapshots(given: Forests) -> list[Forest]:
    if isinstance(given, Forest) or not isinstance(given, Iterable):
        return [snapshot_of(given)]
    return [snapshot_of(one) for one in given]
