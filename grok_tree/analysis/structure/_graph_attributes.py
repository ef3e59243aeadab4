"""What the nodes of a graph say of their responses, and what it costs to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from grok_tree.analysis._counts import counts_of
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import NO_PARENT, Forest, Response

GraphLevel = Literal["shape", "cheap", "all"]
"""How much the nodes say: what the shape tells, short facts too, or everything with the texts."""

Attributes = dict[str, Any]
"""What one node says, by name."""


_SHORT: Mapping[str, Callable[[Response], Any]] = {
    "sender": lambda response: response.sender,
    "model_name": lambda response: response.model_name,
    "finish_reason": lambda response: response.finish_reason or "",
    "partial": lambda response: response.partial,
    "manual": lambda response: response.manual,
    "starred": lambda response: response.marks.starred,
}
_LONG: Mapping[str, Callable[[Response], Any]] = {
    "create_time": lambda response: response.create_time.isoformat(),
    "origin": lambda response: response.origin.kind,
    "prompt_tokens": lambda response: response.usage.prompt_tokens,
    "completion_tokens": lambda response: response.usage.completion_tokens,
    "reasoning_tokens": lambda response: response.usage.reasoning_tokens,
    "cost_usd": lambda response: response.usage.cost_usd,
    "duration_s": lambda response: response.timing.duration_s,
    "temperature": lambda response: response.settings.temperature,
    "seed": lambda response: response.settings.seed,
    "tags": lambda response: ", ".join(response.marks.tags),
    "note": lambda response: response.marks.note,
    "message": lambda response: response.message,
    "reasoning": lambda response: response.reasoning,
}
_READ = {**_SHORT, **_LONG}
"""Names that need the response itself."""

_SHAPE = ("position", "depth", "n_children", "n_tips", "is_root", "is_fork", "is_tip", "is_leaf")
"""Names that the shape tells."""

_LEVELS: Mapping[str, tuple[str, ...]] = {
    "shape": _SHAPE,
    "cheap": (*_SHAPE, *_SHORT),
    "all": (*_SHAPE, *_READ, "scores"),
}


def attribute_names(asked: GraphLevel | Sequence[str]) -> tuple[str, ...]:
    """Return the names that a level stands for, or those that were asked for.

    Raises:
        InvalidOperationError: There is no such level or name.
    """
    names = _LEVELS.get(asked) if isinstance(asked, str) else tuple(asked)
    unknown = [asked] if names is None else [one for one in names if one not in _LEVELS["all"]]
    if unknown or names is None:
        raise InvalidOperationError(
            f"nodes cannot say {', '.join(map(repr, unknown))}; ask for a level"
            f" ({', '.join(_LEVELS)}), or for several of {', '.join(_LEVELS['all'])}"
        )
    return names


def node_attributes(forest: Forest, names: Sequence[str]) -> list[Attributes]:
    """Return what each response's node says, in order of creation.

    Responses are read only when a name needs them, 256 at a time, and none is kept.
    """
    said: list[Attributes] = [{} for _ in range(len(forest))]
    columns = _shape_columns(forest) if any(name in _SHAPE for name in names) else {}
    for name in names:
        if name in columns:
            for attributes, value in zip(said, columns[name], strict=True):
                attributes[name] = value
    readers = [(name, _READ[name]) for name in names if name in _READ]
    if readers or "scores" in names:
        for attributes, response in zip(said, forest, strict=True):
            _read(attributes, response, readers)
            if "scores" in names:
                attributes |= {f"score:{name}": s for name, s in response.marks.scores.items()}
    return said


def _read(
    attributes: Attributes,
    response: Response,
    readers: Iterable[tuple[str, Callable[[Response], Any]]],
) -> None:
    for name, read in readers:
        value = read(response)
        # Files of graphs know no None: what is not known is left out.
        if value is not None:
            attributes[name] = value


def _shape_columns(forest: Forest) -> dict[str, Iterable[Any]]:
    """Return what the shape says of each response."""
    parents, counts = forest.parent_numbers, counts_of(forest)
    leaf = forest.conversation.leaf_response_id
    return {
        "position": range(len(parents)),
        "depth": counts.depths,
        "n_children": counts.n_children,
        "n_tips": counts.n_tips,
        "is_root": [parent == NO_PARENT for parent in parents],
        "is_fork": [n > 1 for n in counts.n_children],
        "is_tip": [n == 0 for n in counts.n_children],
        "is_leaf": [one == leaf for one in forest.responses.ids],
    }
