"""The files of mirrors: their names, who has them open, and what happens to those that are bad."""

from __future__ import annotations

import atexit
import hashlib
import threading
import warnings
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

from grok_tree.client._base import Base
from grok_tree.client._mirror_folder import MirrorWarning
from grok_tree.errors import (
    GrokTreeError,
    SchemaTooNew,
    StoreBusy,
    StoreCorrupted,
    StoreError,
    StoreForeign,
)
from grok_tree.forest import Response
from grok_tree.store import Lookup, Reader, Store, Writer, set_aside

T = TypeVar("T")

MIRROR_OF = "mirror_of"
"""Name of the fact that says of which database a file is the mirror."""

_MOST_SIBLINGS = 64
"""How many processes may mirror one server for one user at the same time."""

_BAD = (StoreForeign, SchemaTooNew, StoreCorrupted)

_lock = threading.Lock()
_open_files: dict[Path, MirrorFile] = {}


def mirror_path(folder: Path, address: str, user: str) -> Path:
    """Return the file that mirrors what one user sees of one server."""
    name = hashlib.blake2b(f"{address}\n{user}".encode(), digest_size=12).hexdigest()
    return folder / f"{name}.db"


class MirrorFile:
    """An open mirror, shared by all clients of this process.

    Methods may be called from any thread.
    """

    def __init__(self, store: Store, path: Path, place: Path) -> None:
        """Take an open store.

        Args:
            store: Open.
            path: Its file.
            place: Where the mirror is looked for; another path when a sibling is used.
        """
        self.path = path
        self.place = place
        self.n_users = 0
        self.closed = False
        self._store = store
        self._changing = threading.RLock()
        self._lookup: Lookup | None = None
        self._bases: dict[str, WeakSet[Base]] = {}
        self.database_id = self.read(lambda reader: reader.meta(MIRROR_OF))

    def read(self, look: Callable[[Reader], T]) -> T:
        """Look at one snapshot."""
        with self._store.read() as reader:
            return look(reader)

    def write(self, work: Callable[[Writer], T]) -> T:
        """Change something; a power cut may undo it, since the server has it too."""
        return self._store.submit(work, durable=False).result()

    def base(self, conversation_id: str) -> Base:
        """Return a conversation as it is now, for good, with nothing but its shape in memory."""
        with self._changing:
            if self._lookup is None:
                self._lookup = Lookup(self.path)
            found = Base(self.read(lambda reader: reader.shape(conversation_id)), self._lookup)
            self._bases.setdefault(conversation_id, WeakSet()).add(found)
            return found

    def change(
        self, conversation_id: str, responses: Collection[Response], work: Callable[[Writer], T]
    ) -> T:
        """Change responses of a conversation; those who stand on it take over the old ones."""
        with self._changing:
            for base in self._bases.get(conversation_id, ()):
                base.keep([one.position for one in responses])
            return self.write(work)

    def forget(self, conversation_id: str) -> None:
        """Remove a conversation; those who stand on it take over all of it."""
        with self._changing:
            for base in self._bases.pop(conversation_id, ()):
                base.keep_all()
            self.write(lambda writer: writer.forget_conversation(conversation_id))

    def close(self) -> None:
        """Close the store."""
        self.closed = True
        self._store.close()


def open_mirror(place: Path, database_id: str | None) -> MirrorFile | None:
    """Open the mirror that is kept at a place, or join those of this process who have it open.

    What cannot be used is renamed and begun anew; what another process has open is left to it,
    and a numbered sibling is used. Each is told as a `MirrorWarning`.

    Args:
        place: Of the mirror.
        database_id: Of the database that it must mirror; None when the server cannot be asked:
            then only a mirror that is there already is opened.

    Returns:
        The mirror, to be given back with `release_mirror`; None when there is none.
    """
    with _lock:
        file = _open_files.get(place)
        if file is not None and database_id not in (None, file.database_id):
            _replace(file, "another database is now behind the server's address")
            file = None
        if file is None:
            file = _opened(place, database_id)
        if file is not None:
            _open_files[place] = file
            file.n_users += 1
        return file


def release_mirror(file: MirrorFile) -> None:
    """Give a mirror back; the last user of this process closes it."""
    with _lock:
        file.n_users -= 1
        if file.n_users == 0 and _open_files.get(file.place) is file:
            del _open_files[file.place]
            file.close()


def discard_mirror(file: MirrorFile, why: GrokTreeError) -> None:
    """Put a mirror that turned out to be damaged aside; who opens it next begins it anew."""
    with _lock:
        if _open_files.get(file.place) is file:
            _replace(file, str(why))


def _replace(file: MirrorFile, why: str) -> None:
    del _open_files[file.place]
    file.close()
    _put_aside(file.path, why)


def _opened(place: Path, database_id: str | None) -> MirrorFile | None:
    try:
        return _first_free(place, database_id)
    except StoreError as error:
        warn(f"no mirror is kept, so that reading needs the server: {error}")
        return None


def _first_free(place: Path, database_id: str | None) -> MirrorFile | None:
    for number in range(1, _MOST_SIBLINGS + 1):
        path = place if number == 1 else place.with_stem(f"{place.stem}-{number}")
        if database_id is None and not path.exists():
            return None
        try:
            file = _usable(path, place, database_id)
        except StoreBusy:
            continue
        if number > 1:
            warn(f"another process has the mirror {place} open; {path.name} is used beside it")
        return file
    return None


def _usable(path: Path, place: Path, database_id: str | None) -> MirrorFile | None:
    """Open one file, after putting it aside if it cannot be used.

    Raises:
        StoreBusy: Another process has it.
    """
    try:
        return _checked(path, place, database_id)
    except _BAD as problem:
        _put_aside(path, str(problem))
    return None if database_id is None else _checked(path, place, database_id)


def _checked(path: Path, place: Path, database_id: str | None) -> MirrorFile:
    if path.exists() and not path.is_file():
        raise StoreForeign(f"{path} is no file")
    store = Store.open(path)
    try:
        file = MirrorFile(store, path, place)
        if not file.database_id and database_id and file.read(_is_empty):
            file.write(lambda writer: writer.set_meta(MIRROR_OF, database_id))
            file.database_id = database_id
        if not file.database_id:
            raise StoreForeign("it is a database, but not a mirror")
        if database_id not in (None, file.database_id):
            raise StoreForeign("another database is now behind the server's address")
    except BaseException:
        store.close()
        raise
    return file


def _is_empty(reader: Reader) -> bool:
    pages = (reader.conversations(limit=1, deleted=deleted) for deleted in (False, True))
    return not any(page.conversations for page in pages)


def _put_aside(path: Path, why: str) -> None:
    aside = set_aside(path)
    warn(f"the mirror {path} was renamed to {aside.name} and is begun anew: {why}")


def warn(message: str) -> None:
    """Tell of something that is no error."""
    warnings.warn(message, MirrorWarning, stacklevel=2)


@atexit.register
def _close_all() -> None:
    """Close what clients that were never closed have left open."""
    with _lock:
        for file in _open_files.values():
            file.close()
        _open_files.clear()
