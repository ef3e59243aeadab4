"""Arrays by what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
"""Numbers of responses, or counts of them."""

Floats = NDArray[np.float64]
"""Figures."""
