"""What comes with a call beside its message: the key, and where it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grok_tree.errors import InvalidOperationError
from grok_tree.server._guard import Context, Known
from grok_tree.service import name_in, scope_of

_BEARER = "Bearer "
_ATTEMPTS = "grpc-previous-rpc-attempts"
"""gRPC itself puts it on a call that it sends again."""

_MOST_CLIENT = 100
"""Characters of a user agent that are kept."""


@dataclass(frozen=True)
class Caller:
    """Who calls, and what they ask of the recording.

    Attributes:
        api_key: As it came; empty for none.
        client: Which program.
        parent: The response that the call goes on from; empty for none.
        conversation: Where it is recorded: an id, or the name of a group.
        model: What answers, whatever model the call names; empty for that one.
        record: Whether it is.
        known_as: The key that a lent one stands for; empty where the key is no lent one.
        is_repeat: gRPC sends the call again, because the first attempt failed.
    """

    api_key: str = field(default="", repr=False)
    client: str = ""
    parent: str = ""
    conversation: str = ""
    model: str = ""
    record: bool = True
    known_as: str = field(default="", repr=False)
    is_repeat: bool = False

    @property
    def scope(self) -> bytes:
        """Whose conversations are looked through."""
        return scope_of(self.known_as or self.api_key)


def caller_of(context: Context) -> Caller:
    """Return what the metadata of a call says.

    Raises:
        InvalidOperationError: It asks for something that there is not.
    """
    given = {
        name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)
    }
    record = given.get("x-grok-tree-record", "on")
    if record not in ("on", "off"):
        raise InvalidOperationError(f"x-grok-tree-record is {record!r}; say on or off")
    return Caller(
        api_key=given.get("authorization", "").removeprefix(_BEARER) or given.get("apikey", ""),
        client=_client(given)[:_MOST_CLIENT],
        parent=given.get("x-grok-tree-parent", ""),
        conversation=name_in(given.get("x-grok-tree-conversation", "")),
        model=name_in(given.get("x-grok-tree-model", "")),
        record=record == "on",
        known_as=context.known_as if isinstance(context, Known) else "",
        is_repeat=given.get(_ATTEMPTS, "0") != "0",
    )


def _client(given: Mapping[str, str]) -> str:
    """Return who calls: the official client by its own version, others by their user agent."""
    version = given.get("xai-sdk-version", "")
    if version:
        return f"xai-sdk/{version.rpartition('/')[2]}"
    return next(iter(given.get("user-agent", "").split()), "")
