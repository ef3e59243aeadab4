"""Are the mirrors of servers well, and how old are they?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from grok_tree.cli._findings import Finding
from grok_tree.client import MirrorState, verify_mirrors
from grok_tree.forest import counted

_HOUR_S, _DAY_S = 3_600, 86_400


def mirror_findings() -> Iterator[Finding]:
    """Check every mirror that no program has open."""
    states = verify_mirrors()
    if not states:
        yield Finding("mirrors", "ok", "there are none")
    for state in states:
        yield _finding(state, time.time())


def _finding(state: MirrorState, now: float) -> Finding:
    name = Path(state.path).name
    if state.state == "busy":
        return Finding("mirror", "ok", f"{name} is open in a program, and was not looked at")
    if state.state == "damaged":
        # No branch is in danger: the server has them all.
        why = "; ".join(state.problems)
        return Finding("mirror", "warning", f"{name} is begun anew when it is next used: {why}")
    if state.synced_at is None:
        return Finding("mirror", "ok", f"{name} holds nothing yet")
    return Finding("mirror", "ok", f"{name} was brought up to date {ago(state.synced_at, now)}")


def ago(then: datetime, now: float) -> str:
    """Return how long ago something was, in words."""
    seconds = now - then.timestamp()
    if seconds >= 2 * _DAY_S:
        return f"{seconds // _DAY_S:,.0f} days ago"
    if seconds >= 2 * _HOUR_S:
        return f"{seconds // _HOUR_S:.0f} hours ago"
    return f"{counted(int(max(0, seconds) // 60), 'minute')} ago"
