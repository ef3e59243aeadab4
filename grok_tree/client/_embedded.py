"""The server of this machine: started when it is first needed, shared by all who use its file."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grok_tree.client._channel import nearest
from grok_tree.client._doors import STAND_IN_KEY
from grok_tree.client._machine import samplers_of_this_machine
from grok_tree.client._price_table import prices_of_this_machine
from grok_tree.errors import StoreBusy
from grok_tree.server import DEFAULT_MODEL, EmbeddedServer, ServerSettings
from grok_tree.service import SystemIds
from grok_tree.store import canonical_location, is_file, read_owner
from grok_tree.web import LentKey, WebDoor

PATIENCE_S = 10.0
"""How long an owner may take to say where it can be joined, or to let the file go."""

_PAUSE_S = 0.02

_lock = threading.RLock()
_running: dict[str, _Shared] = {}


@dataclass
class _Shared:
    """A server of this process and how many clients of this process use it."""

    server: EmbeddedServer
    n_users: int = 0


class EmbeddedPlace:
    """The server of a database: one of this process, or the one that has the database already.

    When the process that has the database ends, the next call takes it over.
    """

    fixed = False

    def __init__(self, database: str | Path, model: str) -> None:
        """Prepare; nothing is opened yet.

        Args:
            database: The file, or the URL of a PostgreSQL database.
            model: The default of a server that is started here.
        """
        self._database = canonical_location(database)
        self._model = model
        self.known = ""
        self._lost = ""
        self._holds = False

    def address(self) -> str:
        """Return the server's address; start it if nobody has the file.

        Raises:
            StoreError: The file cannot be opened.
        """
        if not self.known:
            with _lock:
                self.known = self.known or self._join_or_start()
        return self.known

    def recover(self) -> bool:
        """Forget the lost server, so that the next call joins or starts another."""
        with _lock:
            if self._holds:
                return False
            self._lost, self.known = self.known or self._lost, ""
        return True

    def release(self) -> None:
        """Stop the server if it runs here and nobody else of this process uses it."""
        with _lock:
            shared = _running.get(self._database)
            if not (self._holds and shared):
                return
            self._holds = False
            shared.n_users -= 1
            if shared.n_users == 0:
                del _running[self._database]
                shared.server.stop()

    def _join_or_start(self) -> str:
        shared = _running.get(self._database)
        deadline = time.monotonic() + PATIENCE_S
        while shared is None:
            try:
                shared = self._start()
            except StoreBusy as busy:
                endpoint = self._endpoint_of_owner()
                if endpoint and endpoint != self._lost:
                    return endpoint
                # The owner has only just begun, or is about to end: soon it is one or the other.
                if time.monotonic() > deadline:
                    raise busy from None
                time.sleep(_PAUSE_S)
        shared.n_users += 1
        self._holds = True
        return shared.server.address

    def _start(self) -> _Shared:
        settings = ServerSettings(
            database=self._database,
            # Its port is open to everybody on this machine, unlike the socket. Who has the key is
            # whom the socket lets in, so both are known by the same.
            http=partial(WebDoor, lent=LentKey(SystemIds().new_secret(), STAND_IN_KEY, only=True)),
            samplers=partial(samplers_of_this_machine, trusted=True),
            model=self._model or DEFAULT_MODEL,
            prices=prices_of_this_machine(),
        )
        server = EmbeddedServer(settings)
        server.start()
        shared = _running[self._database] = _Shared(server)
        return shared

    def _endpoint_of_owner(self) -> str:
        owner = read_owner(self._database)
        endpoint = owner.endpoint if owner else ""
        # Who has the file is on this machine, whatever other addresses it listens on.
        return nearest(endpoint) if is_file(self._database) else endpoint
