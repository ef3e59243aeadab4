"""Messages that nobody should send, made from the schema: random, extreme, and damaged."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from grok_tree.server.xai._handlers import PACKAGE
from grok_tree.server.xai._schema import load_schema
from grok_tree.wire import original, pb

_NATIVE = pb.DESCRIPTOR.services_by_name["Forests"]
_TODAY = {f"{PACKAGE}.{name}": service for name, service in load_schema().services.items()}
_SERVICES = {_NATIVE.full_name: _NATIVE, **original.SERVICES, **_TODAY}
METHODS: Sequence[tuple[str, MethodDescriptor]] = [
    (f"/{name}/{method.name}", method)
    for name, service in _SERVICES.items()
    for method in service.methods
]
"""Every call by its path."""

_MOST_REPEATED = 4
_DEEPEST = 4
_NUMBERS = (0, 1, 2, 3, 50, 500, 501, 2**31 - 1, 2**31, 2**32 - 1, 2**53, 2**63 - 1, 2**64 - 1)
_SMALL = {
    FieldDescriptor.TYPE_ENUM: 2**31,
    FieldDescriptor.TYPE_INT32: 2**31,
    FieldDescriptor.TYPE_UINT32: 2**32,
}
_SIGNED = (
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_SINT64,
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_SINT32,
)
_FLOATS = (0.0, -1.0, 0.5, 1e300, -1e300, float("nan"), float("inf"), float("-inf"), 5e-324)
_TEXTS = (
    *("", " ", "a", "hello", "\0", "a\0b", "\ufeffx", "\U0010ffff", "e\u0301", "\u202eevil"),
    *("'; DROP TABLE response; --", '"', "*", "%_%", "AND OR NOT", "-", "NEAR(", "../../etc"),
    *("sampled", "manual", "replaced", "imported", "human", "assistant", "system", "tool", "robot"),
    *("stop", "length", "failed", "fun", "scripted/echo", "scripted/hang", "scripted/fail-2"),
    *("scripted/refuse", "scripted/words-20", "scripted/", "/", "nobody/nothing", "grok-4"),
    *("00000000-0000-0000-0000-000000000000", "0192", "g" * 36, "1" * 64, "9" * 5_000),
)


class Hostility:
    """A source of messages; knows some ids, without which nothing would get far."""

    def __init__(self, randomness: random.Random) -> None:
        self._random = randomness
        self.ids: list[str] = []

    def request(self, kind: Descriptor) -> bytes:
        """Return the bytes of a message, or of what was one."""
        data = self.message(kind).SerializeToString()
        return data if self._random.random() < 0.6 else self._damaged(data)

    def message(self, kind: Descriptor, depth: int = 0) -> Message:
        """Return a message of a kind with some of its fields set to anything."""
        message = GetMessageClass(kind)()
        for field in kind.fields:
            if self._random.random() < 0.7:
                self._fill(message, field, depth)
        return message

    def _fill(self, message: Message, field: FieldDescriptor, depth: int) -> None:
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            self._fill_map(getattr(message, field.name), entry)
        elif hasattr(getattr(message, field.name), "extend"):
            n = self._random.randint(0, _MOST_REPEATED)
            values = [self._value(field, depth) for _ in range(n)]
            getattr(message, field.name).extend(values)
        elif entry is not None:
            if depth < _DEEPEST:
                getattr(message, field.name).CopyFrom(self.message(entry, depth + 1))
        else:
            setattr(message, field.name, self._value(field, depth))

    def _fill_map(self, values: Any, entry: Descriptor) -> None:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        for _ in range(self._random.randint(0, 2)):
            if value.message_type is not None:
                values[self._value(key, 0)].CopyFrom(self.message(value.message_type))
            else:
                values[self._value(key, 0)] = self._value(value, 0)

    def _value(self, field: FieldDescriptor, depth: int) -> Any:
        kind = field.type
        if field.message_type is not None:
            return self.message(field.message_type, depth + 1)
        if kind == FieldDescriptor.TYPE_STRING:
            return self._text(field.name)
        if kind == FieldDescriptor.TYPE_BYTES:
            return self._random.randbytes(self._random.choice((0, 1, 32, 1_000)))
        if kind in (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT):
            return self._random.choice(_FLOATS)
        if kind == FieldDescriptor.TYPE_BOOL:
            return self._random.random() < 0.5
        number = self._random.choice(_NUMBERS)
        if kind in _SIGNED:
            return number % (_SMALL.get(kind, 2**63)) * self._random.choice((1, -1))
        return number % _SMALL.get(kind, 2**64)

    def _text(self, name: str) -> str:
        if name == "request_id" and self._random.random() < 0.9:
            return str(self._random.getrandbits(64))
        if name.endswith("_id") and self.ids and self._random.random() < 0.7:
            return self._random.choice(self.ids)
        if self._random.random() < 0.02:
            return self._random.choice(_TEXTS) * 20_000
        return self._random.choice(_TEXTS)

    def _damaged(self, data: bytes) -> bytes:
        """Return bytes with some changed, inserted, removed or cut off."""
        damaged = bytearray(data or b"\x08")
        for _ in range(self._random.randint(1, 5)):
            place = self._random.randrange(len(damaged) + 1)
            match self._random.randrange(4):
                case 0:
                    damaged[place : place + 1] = self._random.randbytes(1)
                case 1:
                    damaged[place:place] = self._random.randbytes(self._random.randint(1, 8))
                case 2:
                    del damaged[place : place + self._random.randint(1, 8)]
                case _:
                    del damaged[place:]
        return bytes(damaged)
