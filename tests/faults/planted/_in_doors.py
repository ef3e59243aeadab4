"""Faults of the server's doors, of the wire, and of clients."""

from __future__ import annotations

from typing import Any

from tests.faults.planted._registry import fault, replace

DOORS = "unit/server/test_doors.py::"


@fault("faults/test_hostile_calls.py::test_no_message_to_any_call_upsets_the_server")
def damaged_messages_upset_the_server() -> None:
    """Bytes that are no message are a mistake of the server."""
    from grok_tree.server import _guard

    replace(_guard, "_tolerant", lambda _: lambda parse: parse)


@fault(DOORS + "test_a_mistake_of_the_server_gives_nothing_away")
def an_error_tells_a_secret() -> None:
    """The text of an unexpected exception travels to the caller."""
    import sys

    from grok_tree.errors import GrokTreeError
    from grok_tree.server import _guard

    replace(_guard, "_incident", lambda _: lambda: GrokTreeError(str(sys.exception())))


@fault("faults/test_many_at_once.py::test_ports_are_not_shared")
def a_port_has_two_owners() -> None:
    """Two servers may listen on one port, and each gets half of the calls."""
    from grok_tree.server import _server

    def shared(options: Any) -> Any:
        return tuple(pair for pair in options if pair[0] != "grpc.so_reuseport")

    replace(_server, "_OPTIONS", shared)


@fault("property/test_wire_round_trips.py")
def a_token_is_lost_on_the_way() -> None:
    """The last of several events is not sent."""
    from grok_tree import wire

    def lossy(true: Any) -> Any:
        return lambda events: true(events[:-1] if len(events) > 1 else events)

    replace(wire, "pack_events", lossy)


@fault("unit/store/test_mirrored.py")
def a_mirror_keeps_what_was_deleted() -> None:
    """A mirror leaves tombstones out."""
    from grok_tree.store._mirrored import MirrorWriter

    def without_tombstones(true: Any) -> Any:
        def apply(self: Any, conversation: Any, responses: Any, *rest: Any, **more: Any) -> Any:
            alive = [one for one in responses if not one.deleted]
            return true(self, conversation, alive, *rest, **more)

        return apply

    replace(MirrorWriter, "apply_changes", without_tombstones)


@fault("e2e/test_long_texts.py::test_an_upload_counts_only_when_it_is_whole")
def half_an_upload_counts() -> None:
    """A long text whose upload was cut is taken for the whole."""
    from grok_tree.server._uploads import Upload

    replace(Upload, "finished", lambda _: lambda self, _sha256: b"".join(self._pieces))
