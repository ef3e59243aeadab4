"""How marks change."""

from __future__ import annotations

import math
from datetime import datetime

import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.forest._text import checked_field
from grok_tree.forest._values import MarkChange, Marks


def changed_marks(marks: Marks, change: MarkChange, now: datetime) -> Marks:
    """Return `marks` after `change`, with the time of every mark that was set.

    Raises:
        InvalidOperationError: A tag or the name of a score is empty or cannot be stored, or a
            score is not finite.
    """
    check_mark_change(change)
    times = dict(marks.times)
    tags = (set(marks.tags) | set(change.add_tags)) - set(change.remove_tags)
    scores = {**marks.scores, **change.scores}
    for name in change.remove_scores:
        scores.pop(name, None)
    for touched in _touched(change):
        times[touched] = now
    return msgspec.structs.replace(
        marks,
        starred=marks.starred if change.starred is None else change.starred,
        note=marks.note if change.note is None else change.note,
        tags=tuple(sorted(tags)),
        scores=scores,
        times=times,
    )


def merged_marks(ours: Marks, theirs: Marks) -> Marks:
    """Return the marks of one response that was marked in two places: of each mark, the later.

    A mark without a time is older than any with one. Of two of the same age what is set wins over
    what is not, and the larger value over the smaller, so the order of merging does not matter.
    """
    merged = Marks(times={})
    tags: list[str] = []
    scores: dict[str, float] = {}
    for name in sorted(_named(ours) | _named(theirs)):
        value, time = max(_state(ours, name), _state(theirs, name), key=_age_and_size)
        if time is not None:
            merged.times[name] = time
        if name == "starred":
            merged = msgspec.structs.replace(merged, starred=bool(value))
        elif name == "note":
            merged = msgspec.structs.replace(merged, note=str(value))
        elif name.startswith("tag:") and value:
            tags.append(name.removeprefix("tag:"))
        elif name.startswith("score:") and value is not None:
            scores[name.removeprefix("score:")] = float(value)
    return msgspec.structs.replace(merged, tags=tuple(tags), scores=scores)


_MarkState = tuple[bool | str | float | None, datetime | None]


def _named(marks: Marks) -> set[str]:
    """Return the names of all marks that are set, or were."""
    names = {f"tag:{tag}" for tag in marks.tags} | {f"score:{name}" for name in marks.scores}
    return names | set(marks.times) | {"starred", "note"}


def _state(marks: Marks, name: str) -> _MarkState:
    """Return what a mark is, and since when."""
    time = marks.times.get(name)
    if name.startswith("tag:"):
        return name.removeprefix("tag:") in marks.tags, time
    if name.startswith("score:"):
        return marks.scores.get(name.removeprefix("score:")), time
    return (marks.starred if name == "starred" else marks.note), time


def _age_and_size(state: _MarkState) -> tuple[float, bool, bool | str | float]:
    value, time = state
    age = -math.inf if time is None else time.timestamp()
    return (age, value is not None, False if value is None else value)


def _touched(change: MarkChange) -> list[str]:
    touched = [f"tag:{tag}" for tag in (*change.add_tags, *change.remove_tags)]
    touched += [f"score:{name}" for name in (*change.scores, *change.remove_scores)]
    if change.starred is not None:
        touched.append("starred")
    if change.note is not None:
        touched.append("note")
    return touched


def check_mark_change(change: MarkChange) -> None:
    """Check the texts and numbers of a change of marks.

    Raises:
        InvalidOperationError: A tag or the name of a score is empty or cannot be stored, a score is
            not finite, or the note cannot be stored.
    """
    for tag in change.add_tags:
        _check_name(tag, "tag")
    for name, value in change.scores.items():
        _check_name(name, "name of a score")
        if not math.isfinite(value):
            raise InvalidOperationError(f"score {name!r} is {value}; give a finite number")
    if change.note is not None:
        checked_field(change.note, "note")


def _check_name(name: str, what: str) -> None:
    if not name.strip():
        raise InvalidOperationError(f"the {what} is empty; give it a word")
    checked_field(name, what)
