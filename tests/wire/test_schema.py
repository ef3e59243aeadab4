"""The schema is frozen: what was released keeps its number, type and presence.

After a change that only adds, run this file as a program to write the list anew, and review it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor

from grok_tree.wire import original, pb

FOLDER = Path(__file__).parent
LISTS: dict[str, Sequence[FileDescriptor]] = {
    "schema.txt": [pb.DESCRIPTOR],
    "schema_original.txt": [
        original.parts.DESCRIPTOR,
        *(service.file for service in original.SERVICES.values()),
    ],
}


def described(files: Sequence[FileDescriptor]) -> str:
    lines = [line for file in files for line in (*_services(file), *_messages(file))]
    return "\n".join(lines) + "\n"


def _services(file: FileDescriptor) -> Iterator[str]:
    for service in file.services_by_name.values():
        for method in service.methods:
            sent = "stream " if method.client_streaming else ""
            stream = "stream " if method.server_streaming else ""
            yield (
                f"/{service.full_name}/{method.name}"
                f" {sent}{method.input_type.name} -> {stream}{method.output_type.name}"
            )


def _messages(file: FileDescriptor) -> Iterator[str]:
    for _, message in sorted(file.message_types_by_name.items()):
        yield from (_field(message, field) for field in message.fields)


def _field(message: Descriptor, field: FieldDescriptor) -> str:
    kind = field.message_type.name if field.message_type else f"type {field.type}"
    # Newer releases of protobuf ask `is_repeated`, which older ones do not have.
    repeated = getattr(field, "is_repeated", None)
    if repeated is None:
        repeated = getattr(field, "label") == FieldDescriptor.LABEL_REPEATED  # noqa: B009
    shape = "repeated " if repeated else "optional " if field.has_presence else ""
    return f"{message.name} {field.number} {field.name}: {shape}{kind}"


@pytest.mark.parametrize("name", LISTS)
def test_the_schema_is_what_was_reviewed(name: str) -> None:
    assert described(LISTS[name]) == (FOLDER / name).read_text()


if __name__ == "__main__":
    for name, files in LISTS.items():
        (FOLDER / name).write_text(described(files))
