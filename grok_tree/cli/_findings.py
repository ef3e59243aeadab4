"""What the checks of ``grok-tree doctor`` find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        what: What was looked at, in a word.
        state: Whether it is well.
        detail: A sentence; for a problem, with what to do.
    """

    what: str
    state: Literal["ok", "warning", "problem"]
    detail: str
