"""What an import says of each conversation, while it runs and at the end of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from grok_tree.cli._console import Console
from grok_tree.forest import counted
from grok_tree.formats import Skipped

if TYPE_CHECKING:
    from grok_tree.client import ImportedConversation, Outcome

_SHOWN = 10
"""Sentences of one kind that are shown unless more is asked for."""


class FileReport:
    """Tells of the conversations of one file.

    Attributes:
        file: As the user named it.
    """

    def __init__(self, console: Console, file: str, *, as_json: bool, dry_run: bool) -> None:
        self.file = file
        self._console = console
        self._as_json = as_json
        self._dry_run = dry_run
        self._skipped: list[Skipped] = []
        self._told: list[str] = []
        self._kinds: Counter[str] = Counter()
        self._formats: set[str] = set()
        self._n_conversations = self._n_responses = self._n_added = self._n_conflicts = 0
        self._progress: Callable[[str], None] = _silent

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show how far it is meanwhile, and in the end, what was done until then."""
        try:
            with self._console.waiting(f"looking into {self.file}") as self._progress:
                yield
        finally:
            self._progress = _silent
            if self._n_conversations or self._skipped:
                self._close()

    @property
    def nothing_came(self) -> bool:
        """Whether all that is in the file was skipped."""
        return bool(self._skipped) and not self._n_conversations

    def add(self, outcome: Outcome) -> None:
        """Take what became of one conversation."""
        if isinstance(outcome, Skipped):
            self._skipped.append(outcome)
            return
        self._n_conversations += 1
        self._n_responses += outcome.counts.nodes
        self._n_added += outcome.n_added
        self._n_conflicts += len(outcome.conflicts)
        self._formats.add(outcome.format)
        self._kinds.update(outcome.repairs)
        self._note(outcome)
        self._progress(counted(self._n_responses, "response"))
        if self._as_json:
            self._console.json(_record(outcome, self.file))
        elif outcome.conversation_id:
            self._console.line(outcome.conversation_id)

    def _note(self, outcome: ImportedConversation) -> None:
        """Keep some of what was mended; of a hostile file there may be any number."""
        wanted = _SHOWN if self._console.verbosity < 1 else len(self._told) + len(outcome.told)
        conflicts = (f"response {one.response_id}: {one.why}" for one in outcome.conflicts)
        for said in (*outcome.told, *conflicts):
            if len(self._told) < wanted:
                self._told.append(said)

    def _close(self) -> None:
        if self._as_json:
            self._console.json(
                {
                    "file": self.file,
                    "conversations": self._n_conversations,
                    "skipped": [
                        {"index": one.index, "id": one.id, "reason": one.reason}
                        for one in self._skipped
                    ],
                }
            )
        n_repairs = self._kinds.total()
        conversations = counted(self._n_conversations, "conversation")
        done, new = ("read", "") if self._dry_run else ("imported", f" ({self._n_added:,} new)")
        self._console.say(
            f"{done} {conversations} with {counted(self._n_responses, 'response')}{new}"
            f" from {self.file} ({', '.join(sorted(self._formats)) or '-'})"
        )
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(self._kinds.items()))
        if n_repairs or self._n_conflicts:
            self._console.say(
                f"{counted(n_repairs, 'repair')}{f': {kinds}' if kinds else ''};"
                f" {counted(self._n_conflicts, 'conflict')}"
            )
        for said in self._told:
            self._console.say(f"  {said}")
        if n_repairs + self._n_conflicts > len(self._told):
            more = n_repairs + self._n_conflicts - len(self._told)
            self._console.say(f"  and {more:,} more; -v names them all")
        for one in self._skipped[: None if self._console.verbosity > 0 else _SHOWN]:
            self._console.say(f"skipped conversation {one.index} {one.id}: {one.reason}")


def _silent(_: str) -> None:
    """Show nothing: where nobody waits."""


def _record(outcome: ImportedConversation, file: str) -> dict[str, Any]:
    """Return one conversation as a JSON object; counts are those of the file."""
    return {
        "file": file,
        "index": outcome.index,
        "title": outcome.title,
        "conversation_id": outcome.conversation_id,
        "format": outcome.format,
        **asdict(outcome.counts),
        "repairs": outcome.repairs,
        "flags": outcome.flags,
        "added": outcome.n_added,
        "united": outcome.n_united,
        "remarked": outcome.n_remarked,
        "new": outcome.is_new,
        "conflicts": [asdict(one) for one in outcome.conflicts],
    }
