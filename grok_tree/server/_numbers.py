"""Numbers that travel with 32 bits in protocols of others."""

from __future__ import annotations

import struct


def shortest(value: float) -> float:
    """Return the shortest decimal that means the same to 32 bits: 0.7, not 0.699999988."""
    for digits in range(6, 9):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", value):
            return short
    return value
