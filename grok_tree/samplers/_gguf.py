"""Rewriting a model file from 4-bit to 8-bit blocks, which the runtime computes faster.

The file format is GGUF version 3 (the file format of ggml and llama.cpp): a header with typed
key-value pairs, a list of tensors, then their data, each aligned to 32 bytes. A ``Q4_1`` block
holds 32 values as a scale, a minimum and 4-bit steps; a ``Q8_0`` block holds 32 values as a scale
and signed bytes. The values of the rewritten file are those of the given one, within the 8-bit
rounding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from grok_tree.errors import MalformedDocument

_MAGIC, _VERSION = b"GGUF", 3
_SMALLEST = 24
"""Bytes of magic, version and the two counts."""

_ALIGNMENT = 32
_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_Q4_1, _Q8_0 = 3, 8
_MOSTLY_Q8_0 = 7
_BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), _Q4_1: (32, 20), _Q8_0: (32, 34), 30: (1, 2)}
"""Tensor type to (values in a block, bytes of a block)."""
_ROWS = 65_536
"""Blocks converted at once, so that memory stays small."""


@dataclass(frozen=True)
class _Tensor:
    name: bytes
    shape: tuple[int, ...]
    kind: int
    offset: int

    def n_bytes(self, kind: int) -> int:
        values, size = _BLOCKS[kind]
        return int(np.prod(self.shape)) // values * size

    @property
    def new_kind(self) -> int:
        return _Q8_0 if self.kind == _Q4_1 else self.kind


def rewrite_as_q8(source: Path, target: BinaryIO) -> None:
    """Write `source` to `target`, an empty file, with every Q4_1 tensor as Q8_0.

    Raises:
        MalformedDocument: `source` is not a whole GGUF file of version 3 with known tensor types.
    """
    data = _mapped(source)
    try:
        header = _Header(data.data, source)
    except (struct.error, KeyError) as error:
        raise MalformedDocument(f"{source} has a damaged header; get it again") from error
    if header.data_end > len(data):
        raise MalformedDocument(
            f"{source} has {len(data):,} bytes of {header.data_end:,}; get it again"
        )
    target.write(_new_header(header))
    for tensor in header.tensors:
        begin = header.data_begin + tensor.offset
        old = data[begin : begin + tensor.n_bytes(tensor.kind)]
        for piece in _pieces(old, tensor.kind):
            target.write(piece)
        _pad(target)


def _mapped(source: Path) -> npt.NDArray[np.uint8]:
    if source.stat().st_size < _SMALLEST:
        raise MalformedDocument(f"{source} is not a GGUF file: it is too short")
    return np.memmap(source, dtype=np.uint8, mode="r")


class _Header:
    """What stands before the data: the raw key-value part, and the tensors."""

    def __init__(self, data: memoryview, source: Path) -> None:
        self._data = data
        self._place = 0
        magic, version = bytes(data[:4]), struct.unpack_from("<I", data, 4)[0]
        if magic != _MAGIC or version != _VERSION:
            raise MalformedDocument(f"{source} is not a GGUF file of version {_VERSION}")
        self._place = 8
        n_tensors, n_pairs = self._take("Q"), self._take("Q")
        self.file_type_at: int | None = None
        for _ in range(n_pairs):
            self._skip_pair(source)
        self.pairs_end = self._place
        self.tensors = [self._tensor(source) for _ in range(n_tensors)]
        self.data_begin = _aligned(self._place)

    @property
    def data_end(self) -> int:
        """Where the last tensor ends."""
        ends = (tensor.offset + tensor.n_bytes(tensor.kind) for tensor in self.tensors)
        return self.data_begin + max(ends, default=0)

    def raw_pairs(self) -> bytearray:
        """Return everything before the list of tensors."""
        return bytearray(self._data[: self.pairs_end])

    def _take(self, code: str) -> Any:
        value = struct.unpack_from(f"<{code}", self._data, self._place)[0]
        self._place += struct.calcsize(f"<{code}")
        return value

    def _string(self) -> bytes:
        length = self._take("Q")
        text = bytes(self._data[self._place : self._place + length])
        self._place += length
        return text

    def _skip_pair(self, source: Path) -> None:
        key, kind = self._string(), self._take("I")
        if key == b"general.alignment":
            raise MalformedDocument(f"{source} sets its own alignment, which is not supported")
        if key == b"general.file_type":
            self.file_type_at = self._place
        if kind == _ARRAY:
            self._skip_array()
        else:
            self._skip_value(kind)

    def _skip_array(self) -> None:
        kind, n_items = self._take("I"), self._take("Q")
        if kind in _SCALARS:
            self._place += n_items * struct.calcsize(f"<{_SCALARS[kind]}")
        else:
            for _ in range(n_items):
                self._skip_value(kind)

    def _skip_value(self, kind: int) -> None:
        if kind == _STRING:
            self._string()
        else:
            self._take(_SCALARS[kind])

    def _tensor(self, source: Path) -> _Tensor:
        name, n_dimensions = self._string(), self._take("I")
        shape = tuple(self._take("Q") for _ in range(n_dimensions))
        tensor = _Tensor(name, shape, self._take("I"), self._take("Q"))
        if tensor.kind not in _BLOCKS:
            raise MalformedDocument(f"{source} has a tensor of type {tensor.kind}, not supported")
        return tensor


def _new_header(header: _Header) -> bytes:
    out = header.raw_pairs()
    if header.file_type_at is not None:
        struct.pack_into("<I", out, header.file_type_at, _MOSTLY_Q8_0)
    offset = 0
    for tensor in header.tensors:
        out += struct.pack("<Q", len(tensor.name)) + tensor.name
        out += struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        out += struct.pack("<IQ", tensor.new_kind, offset)
        offset = _aligned(offset + tensor.n_bytes(tensor.new_kind))
    out += bytes(_aligned(len(out)) - len(out))
    return bytes(out)


def _pieces(old: npt.NDArray[np.uint8], kind: int) -> Iterator[bytes]:
    if kind != _Q4_1:
        yield old.tobytes()
        return
    blocks = old.reshape(-1, _BLOCKS[_Q4_1][1])
    for begin in range(0, len(blocks), _ROWS):
        yield _q8_blocks(_values(blocks[begin : begin + _ROWS]))


def _values(blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the 32 values of each Q4_1 block, shape (blocks, 32)."""
    scale_and_minimum = blocks[:, :4].copy().view(np.float16).astype(np.float32)
    low, high = blocks[:, 4:] & 15, blocks[:, 4:] >> 4
    steps = np.concatenate([low, high], axis=1).astype(np.float32)
    values: npt.NDArray[np.float32] = steps * scale_and_minimum[:, :1] + scale_and_minimum[:, 1:]
    return values


def _q8_blocks(values: npt.NDArray[np.float32]) -> bytes:
    scale = np.abs(values).max(axis=1, keepdims=True) / 127
    steps = np.rint(values / np.where(scale == 0, 1, scale)).astype(np.int8)
    blocks = np.empty((len(values), _BLOCKS[_Q8_0][1]), np.uint8)
    blocks[:, :2] = scale.astype(np.float16).view(np.uint8)
    blocks[:, 2:] = steps.view(np.uint8)
    return blocks.tobytes()


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT


def _pad(file: BinaryIO) -> None:
    place = file.tell()
    file.write(bytes(_aligned(place) - place))
