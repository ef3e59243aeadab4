"""Model files are rewritten with the same values in other blocks."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

pytest.importorskip("numpy")

import numpy as np
import numpy.typing as npt

from grok_tree.errors import MalformedDocument
from grok_tree.samplers._gguf import rewrite_as_q8

N_BLOCKS = 5
F32, Q4_1, Q8_0 = 0, 3, 8


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def pair(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def pairs(file_type: int) -> list[bytes]:
    words = text("a") + text("bcd")
    return [
        pair("general.name", 8, text("little model")),
        pair("general.file_type", 4, struct.pack("<I", file_type)),
        pair("words", 9, struct.pack("<IQ", 8, 2) + words),
        pair("scores", 9, struct.pack("<IQf", 6, 1, 0.5)),
        pair("flag", 7, b"\1"),
    ]


def gguf(file_type: int, tensors: list[tuple[str, int, int, bytes]]) -> bytes:
    """Return a whole file; a tensor is name, type, number of values and data."""
    found = pairs(file_type)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(found)) + b"".join(found)
    body = b""
    for name, kind, n_values, data in tensors:
        head += text(name) + struct.pack("<IQIQ", 1, n_values, kind, len(body))
        body += data + bytes(-len(data) % 32)
    return head + bytes(-len(head) % 32) + body


def q4_1(seed: int = 3) -> bytes:
    random = np.random.default_rng(seed)
    ends = random.normal(size=(N_BLOCKS, 2)).astype(np.float16).view(np.uint8)
    steps = random.integers(0, 256, size=(N_BLOCKS, 16)).astype(np.uint8)
    return np.hstack([ends, steps]).tobytes()


def values_of_q4_1(data: bytes) -> npt.NDArray[np.float64]:
    values = []
    for place in range(0, len(data), 20):
        scale, low = struct.unpack_from("<2e", data, place)
        steps = data[place + 4 : place + 20]
        values += [(step & 15) * scale + low for step in steps]
        values += [(step >> 4) * scale + low for step in steps]
    return np.array(values)


def values_of_q8_0(data: bytes) -> npt.NDArray[np.float64]:
    values = []
    for place in range(0, len(data), 34):
        (scale,) = struct.unpack_from("<e", data, place)
        values += [step * scale for step in struct.unpack_from("<32b", data, place + 2)]
    return np.array(values)


def rewritten(tmp_path: Path, whole: bytes) -> bytes:
    source = tmp_path / "model.gguf"
    source.write_bytes(whole)
    target = io.BytesIO()
    rewrite_as_q8(source, target)
    return target.getvalue()


def test_only_blocks_type_and_places_change(tmp_path: Path) -> None:
    norm, weights = struct.pack("<3f", 1.0, 2.0, 3.0), q4_1()
    n_values = N_BLOCKS * 32
    given = gguf(3, [("weights", Q4_1, n_values, weights), ("norm", F32, 3, norm)])
    found = rewritten(tmp_path, given)
    begin = len(found) - 192 - 32
    new_weights = found[begin : begin + N_BLOCKS * 34]
    assert found == gguf(7, [("weights", Q8_0, n_values, new_weights), ("norm", F32, 3, norm)])


def test_the_values_stay_within_the_rounding(tmp_path: Path) -> None:
    weights = q4_1()
    found = rewritten(tmp_path, gguf(3, [("weights", Q4_1, N_BLOCKS * 32, weights)]))
    before, after = values_of_q4_1(weights), values_of_q8_0(found[-192:][: N_BLOCKS * 34])
    blocks = np.abs(before).reshape(N_BLOCKS, 32).max(axis=1)
    # Half a step of 127, and what the 16-bit scale adds to it.
    allowed = np.repeat(blocks * (0.5 / 127 + 2**-10), 32)
    assert (np.abs(before - after) <= allowed).all()


def test_a_block_of_zeros_stays_zero(tmp_path: Path) -> None:
    found = rewritten(tmp_path, gguf(3, [("weights", Q4_1, 32, bytes(20))]))
    assert not values_of_q8_0(found[-64:][:34]).any()


def without_pairs(tensors: int, rest: bytes = b"") -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, 0) + rest


@pytest.mark.parametrize(
    ("whole", "why"),
    [
        (b"", "too short"),
        (b"PK" + bytes(60), "not a GGUF file"),
        (b"GGUF" + struct.pack("<I", 2) + bytes(60), "version 3"),
        (without_pairs(9), "damaged header"),
        (without_pairs(1, text("t") + struct.pack("<IQIQ", 1, 32, 99, 0)), "type 99"),
        (gguf(3, [("weights", Q4_1, 3_200, bytes(20))]), "bytes of"),
    ],
    ids=["empty", "other file", "other version", "cut header", "unknown tensor", "cut data"],
)
def test_a_damaged_file_is_refused(tmp_path: Path, whole: bytes, why: str) -> None:
    with pytest.raises(MalformedDocument, match=why):
        rewritten(tmp_path, whole)
