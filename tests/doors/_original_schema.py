"""The original's messages as one of its releases had them, made from facts at run time.

Nothing of grok_tree is in here: what speaks with these messages is a stranger to our server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, empty_pb2, timestamp_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

FACTS = Path(__file__).with_name("original_schema.txt")
NEWEST = "0.3.0"

_METHOD = re.compile(r"(\w+) (\w+) -> (stream )?(\w+) @([\d.]+)")
_FIELD = re.compile(
    r"(?P<number>\d+) (?P<name>\w+) (?:(?P<rule>optional|repeated) )?(?P<type>[\w.]+|map<.*>)"
    r"(?: in (?P<oneof>\w+))?(?: @(?P<since>[\d.]+))?(?: until (?P<until>[\d.]+))?"
)
_SCALARS = ("bool", "bytes", "float", "int32", "int64", "string", "uint32", "uint64")
_KNOWN = {"Timestamp": ".google.protobuf.Timestamp", "Empty": ".google.protobuf.Empty"}
_Proto = descriptor_pb2.FieldDescriptorProto


@dataclass(frozen=True)
class Method:
    """A call, as a release has it."""

    path: str
    request: str
    reply: str
    streams: bool


@dataclass
class _Package:
    name: str
    methods: dict[str, Method] = field(default_factory=dict)
    messages: dict[str, descriptor_pb2.DescriptorProto] = field(default_factory=dict)


class Schema:
    """The messages and calls of one release."""

    def __init__(self, release: str = NEWEST) -> None:
        self.release = release
        self._packages = _packages(release)
        self._pool = DescriptorPool()
        for known in (timestamp_pb2, empty_pb2):
            self._pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
        for package in self._packages.values():
            self._pool.Add(_file(package))

    @property
    def methods(self) -> Mapping[str, Method]:
        """Every call by its path."""
        return {
            one.path: one for package in self._packages.values() for one in package.methods.values()
        }

    def message(self, name: str, package: str = "prompt_ide") -> Any:
        """Return the class of a message."""
        full_name = _KNOWN.get(name, f".{package}.{name}")[1:]
        return GetMessageClass(self._pool.FindMessageTypeByName(full_name))


def _packages(release: str) -> dict[str, _Package]:
    found: dict[str, _Package] = {}
    package, service = _Package(""), ""
    message = descriptor_pb2.DescriptorProto()
    for line in FACTS.read_text().splitlines():
        kind, _, rest = line.strip().partition(" ")
        if kind == "package":
            package = found.setdefault(rest, _Package(rest))
        elif kind == "service":
            service = rest
        elif kind == "message":
            message = descriptor_pb2.DescriptorProto(name=rest.partition(" ")[0])
            package.messages[message.name] = message
        elif kind == "enum":
            _add_enum(message, rest)
        elif called := _METHOD.fullmatch(line.strip()):
            path = f"/{service}/{called[1]}"
            package.methods[path] = Method(path, called[2], called[4], bool(called[3]))
        else:
            _add_field(message, package.name, line.strip(), release)
    return found


def _add_enum(message: descriptor_pb2.DescriptorProto, text: str) -> None:
    name, _, values = text.partition(" ")
    enum = message.enum_type.add(name=name)
    for value in values.split(", "):
        of_enum, _, number = value.partition("=")
        enum.value.add(name=of_enum, number=int(number))


def _add_field(
    message: descriptor_pb2.DescriptorProto, package: str, text: str, release: str
) -> None:
    found = _FIELD.fullmatch(text)
    assert found, text
    since, until = found["since"] or "0.0.0", found["until"] or "9.9.9"
    if not _parts(since) <= _parts(release) <= _parts(until):
        return
    made = message.field.add(name=found["name"], number=int(found["number"]))
    repeated = found["rule"] == "repeated"
    made.label = _Proto.LABEL_REPEATED if repeated else _Proto.LABEL_OPTIONAL
    _set_type(message, made, package, found["type"])
    if found["oneof"]:
        if not message.oneof_decl:
            message.oneof_decl.add(name=found["oneof"])
        made.oneof_index = 0
    elif found["rule"] == "optional" and found["type"] in _SCALARS:
        made.proto3_optional = True
        made.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{made.name}")


def _set_type(
    message: descriptor_pb2.DescriptorProto, made: _Proto, package: str, kind: str
) -> None:
    if kind.startswith("map<"):
        entry = message.nested_type.add(name="".join(p.title() for p in made.name.split("_")))
        entry.name += "Entry"
        entry.options.map_entry = True
        for number, (name, of_entry) in enumerate(zip(("key", "value"), _map_types(kind))):  # noqa: B905
            one = entry.field.add(name=name, number=number + 1, label=_Proto.LABEL_OPTIONAL)
            one.type = _scalar(of_entry)
        made.label, made.type = _Proto.LABEL_REPEATED, _Proto.TYPE_MESSAGE
        made.type_name = f".{package}.{message.name}.{entry.name}"
    elif kind in _SCALARS:
        made.type = _scalar(kind)
    else:
        is_enum = "." in kind
        made.type = _Proto.TYPE_ENUM if is_enum else _Proto.TYPE_MESSAGE
        made.type_name = _KNOWN.get(kind, f".{package}.{kind}")


def _scalar(kind: str) -> Any:
    return getattr(_Proto, f"TYPE_{kind.upper()}")


def _map_types(kind: str) -> Iterator[str]:
    yield from kind.removeprefix("map<").removesuffix(">").split(", ")


def _parts(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def _file(package: _Package) -> descriptor_pb2.FileDescriptorProto:
    return descriptor_pb2.FileDescriptorProto(
        name=f"{package.name}.proto",
        package=package.name,
        syntax="proto3",
        dependency=["google/protobuf/timestamp.proto", "google/protobuf/empty.proto"],
        message_type=package.messages.values(),
    )
