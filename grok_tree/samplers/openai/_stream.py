"""Server-sent events, read as they come in, however the network cuts them."""

from __future__ import annotations

from grok_tree.errors import SamplingInterrupted

MAX_EVENT_BYTES = 32 * 1024 * 1024
"""Largest event; a response holds 16 MiB, and JSON may need twice as much for it."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventStream:
    """Reads the data of server-sent events from bytes, cut anywhere.

    Lines end with LF, CR or both. Comments and all fields beside the data are left out, and so are
    events without data. Any bytes are a valid stream: what they mean is for others to say.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """Begin a stream.

        Args:
            max_event_bytes: Bytes that are kept of one event.
        """
        self._max_event_bytes = max_event_bytes
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._size = 0
        self._begun = False
        self._after_cr = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the data of the events that a piece completes.

        Raises:
            SamplingInterrupted: An event is too large.
        """
        if self._after_cr or b"\r" in piece:
            piece = self._with_plain_ends(piece)
        first, *others = piece.split(b"\n")
        if not others:
            self._keep(first)
            return []
        others[:0] = [self._whole_line(first)]
        rest = others.pop()
        data, n_had, events = self._data, len(self._data), []
        for line in others:
            if line.startswith(b"data:"):
                data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif line == b"data":
                data.append(b"")
            elif not line and data:
                if event := b"\n".join(data):
                    events.append(event)
                data.clear()
                n_had = self._size = 0
        self._make_room(sum(len(line) + 1 for line in data[n_had:]))
        self._keep(rest)
        return events

    def end(self) -> list[bytes]:
        """Return the data of the last event, which may be half of it."""
        return self.feed(b"\n\n")

    def _with_plain_ends(self, piece: bytes) -> bytes:
        """Return a piece with LF at the end of lines, also where CR and LF came apart."""
        if self._after_cr and piece:
            piece = piece.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = self._after_cr or piece.endswith(b"\r")
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, rest: bytes) -> None:
        if rest:
            self._line.append(rest)
            self._make_room(len(rest))

    def _whole_line(self, end: bytes) -> bytes:
        line = b"".join((*self._line, end))
        self._size -= sum(map(len, self._line))
        self._line.clear()
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BYTE_ORDER_MARK)
        return line

    def _make_room(self, n_bytes: int) -> None:
        self._size += n_bytes
        if self._size > self._max_event_bytes:
            raise SamplingInterrupted(
                f"the provider sent an event of more than {self._max_event_bytes:,} bytes;"
                " what came before it is kept: set max_tokens, or ask another provider"
            )
