"""Real files with values replaced by other values, for hypothesis."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from tests.unit.formats._samples import TREES

_NUMBERS = st.sampled_from(
    [0, -1, 1, 3, 2**31, 2**64, -(10**400), 0.5, 1e308, float("nan"), float("inf"), 10**15]
)
_TEXTS = st.text(max_size=4) | st.sampled_from(["", "\0", "\ud800", "user", "assistant", "1"])
VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=5,
)
"""Anything that JSON can say, and some that it cannot."""

Path = tuple[str | int, ...]


class Sample:
    """A file of `tests/data/trees`, as JSON or as JSON Lines, that can be damaged."""

    def __init__(self, name: str) -> None:
        self.name = name
        text = (TREES / name).read_text("utf-8")
        self._lines = name.endswith(".jsonl")
        self._value = (
            [json.loads(line) for line in text.splitlines()] if self._lines else json.loads(text)
        )
        self.paths = _paths(self._value)
        texts = {one for path in self.paths if isinstance(one := _at(self._value, path), str)}
        self.texts = sorted(one for one in texts if one and len(one) < 40)

    def damaged(self, changes: list[tuple[Path, Any]]) -> bytes:
        """Return the file with the value at each path replaced; `...` takes it out."""
        whole = [copy.deepcopy(self._value)]
        for path, value in changes:
            _put(whole, (0, *path), value)
        lines = whole[0] if self._lines and isinstance(whole[0], list) else whole
        return "\n".join(json.dumps(one) for one in lines).encode()


@st.composite
def damages(draw: st.DrawFn, sample: Sample) -> bytes:
    """Draw a damaged file; texts are often those of other places, so that links go wrong."""
    values = VALUES | st.sampled_from(sample.texts) | st.just(...)
    change = st.tuples(st.sampled_from(sample.paths), values)
    content = sample.damaged(draw(st.lists(change, min_size=1, max_size=6)))
    if draw(st.integers(0, 9)) == 9:
        return content[: draw(st.integers(0, len(content)))]
    return content


def _paths(value: Any) -> list[Path]:
    found: list[Path] = [()]
    for path in found:
        inner = _at(value, path)
        if isinstance(inner, dict):
            found += [(*path, key) for key in inner]
        elif isinstance(inner, list):
            found += [(*path, place) for place in range(len(inner))]
    return found


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(whole: Any, path: Path, value: Any) -> None:
    """Replace a value, if its place is still there."""
    *above, last = path
    try:
        holder = _at(whole, tuple(above))
        if value is not ...:
            holder[last] = value
        elif above:
            del holder[last]
    except (KeyError, IndexError, TypeError):
        return
