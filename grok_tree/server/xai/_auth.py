"""What a key may do here."""

from __future__ import annotations

from typing import Any

from grok_tree.server._caller import caller_of
from grok_tree.server._guard import Context
from grok_tree.server.xai._schema import Schema
from grok_tree.service import Forests

ACLS = ("api-key:model:*", "api-key:endpoint:*")
"""xAI's words for everything: a key here opens all there is."""

_HIDDEN = "..."
_SHOWN = 4
"""Characters of a key that are shown, of one that is four times as long at least."""


class AuthDoor:
    """Serves `xai_api.Auth`."""

    def __init__(self, schema: Schema, forests: Forests) -> None:
        """Open the door.

        Args:
            schema: xAI's words.
            forests: The use cases behind it.
        """
        self._schema = schema
        self._forests = forests

    async def get_api_key_info(self, _request: Any, context: Context) -> Any:
        """Return what is known of the key that came with the call."""
        caller = caller_of(context)
        server = await self._forests.who_am_i()
        return self._schema.auth.ApiKey(
            redacted_api_key=redacted(caller.api_key),
            user_id=server.user,
            name="grok_tree",
            team_id=server.database_id,
            acls=ACLS,
            # By this the conversations of a key are told from those of another.
            api_key_id=caller.scope.hex(),
        )


def redacted(key: str) -> str:
    """Return so much of a key that its owner knows which it is."""
    return _HIDDEN + (key[-_SHOWN:] if len(key) >= 4 * _SHOWN else "")
