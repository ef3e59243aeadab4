"""A row for each path from a root to a tip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from grok_tree.analysis._arrays import Arrays, arrays_of
from grok_tree.analysis._frames import Kind, Kinds
from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis._samples import is_sampled
from grok_tree.forest import NO_PARENT, Forest, Response, ResponseId, counted

_BETWEEN = ", "


def _has_unknown_cost(response: Response) -> bool:
    return is_sampled(response) and response.usage.cost_usd is None


_SUMMED: Mapping[str, tuple[Kind, Callable[[Response], float]]] = {
    "n_human": ("int", lambda response: response.sender == "human"),
    "n_characters": ("int", lambda response: len(response.message)),
    "n_words": ("int", lambda response: len(response.message.split())),
    "n_samplings": ("int", is_sampled),
    "prompt_tokens": ("int", lambda response: response.usage.prompt_tokens),
    "completion_tokens": ("int", lambda response: response.usage.completion_tokens),
    "reasoning_tokens": ("int", lambda response: response.usage.reasoning_tokens),
    "cost_usd": ("float", lambda response: response.usage.cost_usd or 0.0),
    "n_unknown_costs": ("int", _has_unknown_cost),
    "duration_s": ("float", lambda response: response.timing.duration_s),
    "n_starred": ("int", lambda response: response.marks.starred),
    "n_partial": ("int", lambda response: response.partial),
}
"""What is summed along paths."""


@dataclass(frozen=True, eq=False, repr=False)
class PathTable(Tabular):
    """The paths of a forest, in the order of creation of their tips.

    The columns, where a sum is over all responses of the path, from the root to the tip:

    - ``tip_id``, ``root_id``: where the path ends and begins.
    - ``n_responses``: its length, 1 or more; ``n_human``: how many of them a human said.
    - ``n_characters``, ``n_words``: sums; words are what stands between white space.
    - ``n_samplings``: responses that a model was asked for.
    - ``models``: their models, in the order of their first answer, with commas between.
    - ``prompt_tokens``, ``completion_tokens``, ``reasoning_tokens``: sums of what the samplings
      used; a prompt that was sent again counts again.
    - ``cost_usd``: the sum of the costs that are known, in US dollars, None where none is;
      ``n_unknown_costs``: samplings whose cost is not known.
    - ``duration_s``: the sum of how long the samplings took, in seconds.
    - ``n_starred``, ``n_partial``: responses with a star; responses that were cut.
    - ``finish_reason``: of the tip, None where it was not sampled.
    - ``fork_id``, ``fork_depth``: the last response above the tip that has other children, and how
      many responses the path has up to it; None and 0 where there is none.
    - ``n_own``: responses after it, which no other path has; 1 or more.
    """

    kinds_of_columns: ClassVar[Kinds] = {
        "tip_id": "text",
        "root_id": "text",
        "n_responses": "int",
        "models": "text",
        **{name: kind for name, (kind, _) in _SUMMED.items()},
        "finish_reason": "text",
        "fork_id": "text",
        "fork_depth": "int",
        "n_own": "int",
    }

    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.columns["tip_id"])

    def __repr__(self) -> str:
        return f"<PathTable: {self}>"

    def __str__(self) -> str:
        lengths = self.columns["n_responses"]
        if not lengths:
            return "no paths"
        mean = sum(lengths) / len(lengths)
        return (
            f"{counted(len(self), 'path')} of {min(lengths):,} to"
            f" {counted(max(lengths), 'response')},"
            f" {mean:,.2f} in the mean"
        )

    def to_records(self) -> Records:
        """Return a row for each path."""
        rows = zip(*self.columns.values(), strict=True)
        return [dict(zip(self.columns, row, strict=True)) for row in rows]


def path_table(forest: AnyForest) -> PathTable:
    """Return a row for each tip: what its path holds, used and cost.

    Every response is read once, and sums run along the forest, not along each path.

    Args:
        forest: Whose.
    """
    snapshot, arrays = snapshot_of(forest), arrays_of(forest)
    read, tips = _read(snapshot), arrays.tips
    columns: dict[str, Sequence[Any]] = {
        "tip_id": snapshot.at(tips.tolist()).ids,
        "root_id": _ids(snapshot, arrays.roots[arrays.tree_of[tips]]),
        "n_responses": arrays.depths[tips].tolist(),
        "models": [read.models[number] for number in tips.tolist()],
        "finish_reason": [read.finish_reasons[number] for number in tips.tolist()],
        **_forks(snapshot, arrays),
    }
    for name, (kind, _) in _SUMMED.items():
        sums = arrays.summed_above(read.values.pop(name))[tips]
        columns[name] = (sums.astype(np.int64) if kind == "int" else sums).tolist()
    known = columns["n_samplings"], columns["n_unknown_costs"], columns["cost_usd"]
    columns["cost_usd"] = [
        None if n == unknown else cost for n, unknown, cost in zip(*known, strict=True)
    ]
    return PathTable({name: columns[name] for name in PathTable.kinds_of_columns})


@dataclass(frozen=True)
class _Read:
    """What is kept of the responses: figures, and of each path the models and the end."""

    values: dict[str, Floats]
    models: list[str]
    finish_reasons: list[str | None]


def _read(forest: Forest) -> _Read:
    values = {name: np.zeros(len(forest)) for name in _SUMMED}
    models: list[str] = []
    finish_reasons: list[str | None] = []
    parents = forest.parent_numbers
    # The same models met in the same order are one text, however many paths met them.
    met: dict[tuple[str, str], str] = {}
    for number, response in enumerate(forest):
        for name, (_, figure) in _SUMMED.items():
            values[name][number] = figure(response)
        before = "" if parents[number] == NO_PARENT else models[parents[number]]
        model = response.model_name if is_sampled(response) else ""
        known = met.get((before, model))
        if known is None:
            known = met[before, model] = _with(before, model)
        models.append(known)
        finish_reasons.append(response.finish_reason)
    return _Read(values, models, finish_reasons)


def _with(models: str, model: str) -> str:
    names = models.split(_BETWEEN) if models else []
    return _BETWEEN.join(names if not model or model in names else [*names, model])


def _forks(forest: Forest, arrays: Arrays) -> dict[str, Sequence[Any]]:
    """Return where the paths left the last of the others."""
    chains, tips = arrays.chains, arrays.tips
    forks = arrays.parents[chains.roots[chains.tree_of[tips]]]
    return {
        "fork_id": _ids(forest, forks),
        "fork_depth": (arrays.depths[tips] - chains.depths[tips]).tolist(),
        "n_own": chains.depths[tips].tolist(),
    }


def _ids(forest: Forest, numbers: Numbers) -> list[ResponseId | None]:
    """Return ids, each read once, None for `NO_PARENT`."""
    there = np.unique(numbers[numbers != NO_PARENT]).tolist()
    known = dict(zip(there, forest.at(there).ids, strict=True))
    return [known.get(number) for number in numbers.tolist()]
