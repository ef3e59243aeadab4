"""Looking after the files of mirrors: what is there, is it well, and away with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grok_tree.client._mirror_folder import mirror_folder
from grok_tree.errors import GrokTreeError, StoreBusy

if TYPE_CHECKING:
    from grok_tree.store import Store


@dataclass(frozen=True)
class MirrorState:
    """What is known of one file of a mirror.

    Attributes:
        path: The file.
        state: ``busy`` when a program has it open; then nothing was looked at or changed.
        problems: A sentence each.
        synced_at: When it was last brought up to date, as far as that is known.
    """

    path: str
    state: Literal["ok", "damaged", "busy", "removed"]
    problems: tuple[str, ...] = ()
    synced_at: datetime | None = None


def verify_mirrors() -> list[MirrorState]:
    """Look for damage in every mirror that no program has open.

    A damaged one is put aside and begun anew when it is next opened.
    """
    return [_verified(path) for path in sorted(mirror_folder().glob("*.db"))]


def clear_mirrors() -> list[MirrorState]:
    """Delete every mirror that no program has open, also those that were put aside.

    Raises:
        StoreError: A file cannot be deleted.
    """
    from grok_tree.store import remove_database

    folder = mirror_folder()
    cleared = []
    for path in sorted([*folder.glob("*.db"), *folder.glob("*.db.aside-*[0-9]")]):
        try:
            remove_database(path)
        except StoreBusy as busy:
            cleared.append(MirrorState(str(path), "busy", (busy.message,)))
        else:
            cleared.append(MirrorState(str(path), "removed"))
    return cleared


def _verified(path: Path) -> MirrorState:
    from grok_tree.store import Store

    try:
        store = Store.open(path, create=False)
    except StoreBusy as busy:
        return MirrorState(str(path), "busy", (busy.message,))
    except GrokTreeError as error:
        return MirrorState(str(path), "damaged", (error.message,))
    try:
        problems = tuple(store.check())
        synced_at = None if problems else _synced_at(store)
    finally:
        store.close()
    return MirrorState(str(path), "damaged" if problems else "ok", problems, synced_at)


def _synced_at(store: Store) -> datetime | None:
    with store.read() as reader:
        return reader.last_synced()
