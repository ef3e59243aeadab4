"""Where a JSON value ends, found piece by piece without decoding it."""

from __future__ import annotations

import re

_SHORTEST, _LONGEST = 1024, 256 * 1024

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|%b)*+' % _STRING, re.DOTALL)
_TO_DELIMITER = re.compile(rb'(?:[^"{}\[\],:]++|%b)*+' % _STRING, re.DOTALL)
_RUN = re.compile(rb"\(+|\)+")

_AS_ROUND = bytes.maketrans(b"{[}]", b"(())")
_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))
_QUOTE, _BACKSLASH = b'"\\'
_OPEN, _CLOSE = b"{[", b"]}"


class Structure:
    """Stands inside of a value that is seen piece by piece; knows how deep, and whether in a text.

    Text goes by in one step, whatever it holds. Where a value is long, whole blocks go by whose
    brackets cannot close it: a block is tried in which the texts are taken out, then the pairs of
    brackets; what is left says how far up it leads. So the time is linear in the size.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._in_text = False
        self._escaped = False

    def end(self, data: bytes, at: int) -> int | None:
        """Return the place after the value: that of a comma, colon or closing bracket.

        Args:
            data: The next piece.
            at: Where in it to go on.

        Returns:
            None where the value goes on after the piece; then call again with the next one.
        """
        step = _SHORTEST
        at = self._past_text(data, at)
        while at < len(data):
            stop = at + step
            if step > _SHORTEST:
                past = self._leap(data, at, stop)
                if past == at:
                    step //= 2
                    continue
                at = self._past_text(data, past)
            else:
                at, ended = self._walk(data, at, stop)
                if ended:
                    return at
            step = min(2 * step, _LONGEST)
        return None

    def _past_text(self, data: bytes, at: int) -> int:
        """Return the place after the text in which it stands, if it does."""
        if not self._in_text or at >= len(data):
            return at
        if self._escaped:
            at += 1
            self._escaped = False
        found = _REST_OF_STRING.match(data, at)
        at = at if found is None else found.end()
        if at < len(data) and data[at] == _QUOTE:
            self._in_text = False
            return at + 1
        self._escaped = at < len(data)
        return len(data)

    def _walk(self, data: bytes, at: int, stop: int) -> tuple[int, bool]:
        """Go bracket by bracket; return where it came to, and whether the value ends there."""
        while at < min(stop, len(data)):
            skipped = (_TO_BRACKET if self._depth else _TO_DELIMITER).match(data, at)
            at = at if skipped is None else skipped.end()
            if at == len(data):
                break
            byte = data[at]
            if byte == _QUOTE:
                self._in_text = True
                return self._past_text(data, at + 1), False
            if byte in _OPEN:
                self._depth += 1
            elif not self._depth:
                return at, True
            else:
                self._depth -= 1
            at += 1
        return at, False

    def _leap(self, data: bytes, at: int, stop: int) -> int:
        """Return the end of a block that cannot close the value, else its beginning."""
        block = data[at:stop].rstrip(b"\\")  # no escape may stand across its end
        flat = block.replace(rb"\\", b"__").replace(rb"\"", b"__")
        parts = flat.split(b'"')
        lowest, change = _slope(b"".join(parts[::2]))
        if self._depth + lowest <= 0:
            return at
        self._depth += change
        self._in_text = len(parts) % 2 == 0
        return at + len(block)


def _slope(outside: bytes) -> tuple[int, int]:
    """Return where brackets lead at the lowest, and where they end, as steps from the beginning."""
    brackets = outside.translate(_AS_ROUND, _NO_BRACKETS)
    paired = len(brackets)
    # Each turn takes the innermost pairs; when they are few, so are the runs that are left.
    while paired > len(brackets) // 8:
        fewer = brackets.replace(b"()", b"")
        paired, brackets = len(brackets) - len(fewer), fewer
    depth = lowest = 0
    for run in _RUN.findall(brackets):
        depth += len(run) if run[:1] == b"(" else -len(run)
        lowest = min(lowest, depth)
    return lowest, depth
