"""Logs of tree-of-thought experiments: breadth first (game24, text), depth first (crosswords).

Breadth first, a state is the whole text so far, and extends the longest earlier state that it
begins with; a response holds only what it adds. Depth first, a step is a list of actions, and
extends the step that has all of them but the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Marks
from grok_tree.formats._elements import iter_elements
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, raw_json
from grok_tree.formats._loose import number_of, object_of
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats.research._blocks import Json, text_of

_BREADTH = {"item.steps", "item.ys"}
_TAKEN = ("actions", "total_step", "info")
_STEP_TAKEN = ("step", "x", "ys", "new_ys", "values", "select_new_ys")
_DEPTH = {"item.item.actions", "item.item.total_step"}


def _detect(source: Opened) -> bool:
    keys = source.keys
    return keys >= _BREADTH or keys >= _DEPTH


def _read(source: Opened) -> Iterator[Found]:
    with source.open() as file:
        for index, element in enumerate(iter_elements(file)):
            mended: list[str] = []
            try:
                yield _conversation(decoded_json(element, Any, mended), index, mended)
            except MalformedDocument as error:
                yield Skipped(index, "", str(error))


def _conversation(record: Any, index: int, repairs: list[str]) -> SourceConversation:
    if isinstance(record, list):
        nodes, title = _searched(record), f"puzzle {index}"
    elif isinstance(record, dict) and isinstance(record.get("steps"), list):
        nodes, title = _extended(record), text_of(record.get("idx"))
    else:
        raise MalformedDocument("it has neither 'steps' nor is it a list of steps")
    return SourceConversation(
        nodes=nodes, key=None, title=_titled(nodes, title), repairs=tuple(repairs)
    )


def _titled(nodes: list[SourceNode], name: str) -> str:
    asked = nodes[0].said.message if nodes and nodes[0].said.sender == "human" else ""
    return ": ".join(part for part in (name, asked[:60].strip()) if part)


def _extended(record: Json) -> list[SourceNode]:
    """Return the states of a breadth-first search, each under the one that it extends."""
    steps = [step for step in record["steps"] if isinstance(step, dict)]
    about = {name: value for name, value in record.items() if name not in ("steps", "ys")}
    unread = [
        {name: one for name, one in step.items() if name not in _STEP_TAKEN} for step in steps
    ]
    if any(unread):
        about["steps"] = unread
    question = text_of(steps[0].get("x")) if steps else ""
    nodes = [node("human", question, raw=raw_json(about))]
    places: dict[str, int] = {"": 0}
    for step in steps:
        _add_step(step, nodes, places)
    infos = record.get("infos")
    for number, state in enumerate(_texts(record.get("ys"))):
        place = places.get(state)
        if place is None:
            place = _add_state(state, nodes, places, scores={}, facts={})
        info = infos[number] if isinstance(infos, list) and number < len(infos) else None
        _score(nodes[place], {f"info.{name}": one for name, one in object_of(info).items()})
        nodes[place].facts = {**nodes[place].facts, "final": str(number)}
    return nodes


def _add_step(step: Json, nodes: list[SourceNode], places: dict[str, int]) -> None:
    # What a step made does not extend what else it made.
    before = {state: places[state] for state in _texts(step.get("ys")) if state in places}
    before[""] = 0
    values = step.get("values")
    chosen = _texts(step.get("select_new_ys"))
    made: dict[str, int] = {}
    for number, state in enumerate(_texts(step.get("new_ys"))):
        value = values[number] if isinstance(values, list) and number < len(values) else None
        facts = {"step": text_of(step.get("step"))}
        if state in chosen:
            facts["selected"] = str(chosen.index(state))
        made.setdefault(
            state, _add_state(state, nodes, before, scores={"value": value}, facts=facts)
        )
    places.update(made)


def _add_state(
    state: str,
    nodes: list[SourceNode],
    places: dict[str, int],
    *,
    scores: Json,
    facts: dict[str, str],
) -> int:
    prefix = max((one for one in places if state.startswith(one)), key=len, default="")
    made = node("assistant", state[len(prefix) :], parent=places[prefix], facts=facts)
    _score(made, scores)
    nodes.append(made)
    return len(nodes) - 1


def _score(one: SourceNode, scores: Json) -> None:
    found = {
        name: number
        for name, value in scores.items()
        if name.strip() and (number := _number(value)) is not None
    }
    if found:
        marks = Marks(scores={**one.said.marks.scores, **found})
        one.said = msgspec.structs.replace(one.said, marks=marks)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, bool) else number_of(value)


def _searched(steps: list[Any]) -> list[SourceNode]:
    """Return the steps of a depth-first search, each under the one that it extends."""
    nodes: list[SourceNode] = []
    places: dict[tuple[str, ...], int | None] = {(): None}
    for step in steps:
        if not isinstance(step, dict):
            raise MalformedDocument("a step is no JSON object")
        actions = tuple(_texts(step.get("actions")))
        above = actions[:-1]
        while above not in places:
            above = above[:-1]
        info = object_of(step.get("info"))
        rest = {name: one for name, one in step.items() if name not in _TAKEN}
        rest["info"] = {name: one for name, one in info.items() if _number(one) is None}
        made = node(
            "assistant",
            "\n".join(actions[len(above) :]),
            parent=places[above],
            raw=raw_json({name: one for name, one in rest.items() if one not in (None, {})}),
            facts={"total_step": text_of(step.get("total_step"))},
        )
        _score(made, info)
        nodes.append(made)
        places[actions] = len(nodes) - 1
    return nodes


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


FORMAT = Format(
    name="tree_of_thoughts",
    title="tree-of-thought experiment log (JSON)",
    detect=_detect,
    read=_read,
)
