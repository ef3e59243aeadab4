"""Reading streams in fewer, larger pieces while the event loop has much to do.

Every piece costs a call of the operating system, whatever is in it, and most are one token. Where
many streams come at once, nothing else would get its turn: neither new requests nor first tokens.
So a stream that finds the loop busy is left alone for a moment; what comes meanwhile is one piece.
"""

from __future__ import annotations

import asyncio
import time

BUSY_S = 0.001
"""A round of the event loop that takes longer says that there is much to do."""

LONGEST_PAUSE_S = 0.2
PAUSE_PER_ROUND = 20

N_AT_ONCE = 4
"""So many pieces are read as they come: the first tokens are waited for."""


class Breathing:
    """Pauses between the pieces of one stream."""

    def __init__(self) -> None:
        self._n_pieces = 0

    async def pause(self, transport: asyncio.ReadTransport | None) -> None:
        """Wait a moment if the loop is busy; the operating system gathers what comes.

        Args:
            transport: Of the connection; None where all has come.
        """
        self._n_pieces += 1
        if self._n_pieces <= N_AT_ONCE or transport is None:
            return
        begun = time.monotonic()
        await asyncio.sleep(0)
        round_s = time.monotonic() - begun
        if round_s < BUSY_S or not transport.is_reading():
            return
        transport.pause_reading()
        try:
            await asyncio.sleep(min(LONGEST_PAUSE_S, PAUSE_PER_ROUND * round_s))
        finally:
            transport.resume_reading()
