"""Which of black and white can be read on a colour, as WCAG 2.2 computes it."""

from __future__ import annotations

from collections.abc import Sequence


def readable_on(colour: Sequence[float]) -> str:
    """Return the one of black and white that stands out more: by 4.58 to 1 or more from any colour.

    Args:
        colour: Red, green and blue, 0 to 1.
    """
    # Of two ratios of (light + 0.05) to (dark + 0.05), which is larger; they are equal at 0.179.
    return "black" if (_luminance(colour) + 0.05) ** 2 > 1.05 * 0.05 else "white"


def _luminance(colour: Sequence[float]) -> float:
    red, green, blue = (
        one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
