"""The schema is frozen: what was released keeps its number, type and presence.

After a change that only adds, run this file as a program to write the list anew, and review it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from grok_tree.wire import pb

LIST = Path(__file__).with_name("schema.txt")


def described() -> str:
    return "\n".join([*_services(), *_messages()]) + "\n"


def _services() -> Iterator[str]:
    for service in pb.DESCRIPTOR.services_by_name.values():
        for method in service.methods:
            sent = "stream " if method.client_streaming else ""
            stream = "stream " if method.server_streaming else ""
            yield (
                f"/{service.full_name}/{method.name}"
                f" {sent}{method.input_type.name} -> {stream}{method.output_type.name}"
            )


def _messages() -> Iterator[str]:
    for name in sorted(pb.DESCRIPTOR.message_types_by_name):
        message = pb.DESCRIPTOR.message_types_by_name[name]
        yield from (_field(message, field) for field in message.fields)


def _field(message: Descriptor, field: FieldDescriptor) -> str:
    kind = field.message_type.name if field.message_type else f"type {field.type}"
    # Newer releases of protobuf ask `is_repeated`, which older ones do not have.
    repeated = getattr(field, "is_repeated", None)
    if repeated is None:
        repeated = getattr(field, "label") == FieldDescriptor.LABEL_REPEATED  # noqa: B009
    shape = "repeated " if repeated else "optional " if field.has_presence else ""
    return f"{message.name} {field.number} {field.name}: {shape}{kind}"


def test_the_schema_is_what_was_reviewed() -> None:
    assert described() == LIST.read_text()


if __name__ == "__main__":
    LIST.write_text(described())
