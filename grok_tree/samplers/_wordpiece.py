"""Texts as the numbers of word pieces, the way BERT without capitals reads them."""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

_LONGEST_WORD = 100
_CJK = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


def word_pieces(text: str, limit: int) -> list[int]:
    """Return the numbers of a text's pieces between the marks of its beginning and end.

    Args:
        text: Any text; what the vocabulary cannot spell is the piece for the unknown.
        limit: Most numbers, marks included; what comes after them is left out.
    """
    numbers = _vocabulary()
    found = [numbers["[CLS]"]]
    for word in _words(text):
        found += _pieces(word, numbers)
        if len(found) >= limit:
            break
    return [*found[: limit - 1], numbers["[SEP]"]]


@cache
def _vocabulary() -> dict[str, int]:
    packed = files("grok_tree.samplers").joinpath("bert_uncased.txt.gz").read_bytes()
    pieces = gzip.decompress(packed).decode().split("\n")
    return {piece: number for number, piece in enumerate(pieces) if piece}


def _words(text: str) -> Iterator[str]:
    spaced = "".join(_spaced(character) for character in text)
    for word in spaced.split():
        plain = unicodedata.normalize("NFD", word)
        kept = "".join(c for c in plain if unicodedata.category(c) != "Mn")
        yield from "".join(_apart(character) for character in kept.lower()).split()


def _spaced(character: str) -> str:
    """Return a character as the rules see it: nothing, a space, or itself."""
    if character in "\t\n\r":
        return " "
    if character == "\ufffd" or unicodedata.category(character).startswith("C"):
        return ""
    is_cjk = any(first <= ord(character) <= last for first, last in _CJK)
    return f" {character} " if is_cjk else character


def _apart(character: str) -> str:
    """Return a sign of punctuation as a word of its own; all of ASCII's signs count."""
    sign = "!" <= character <= "~" and not character.isalnum()
    sign = sign or unicodedata.category(character).startswith("P")
    return f" {character} " if sign else character


def _pieces(word: str, numbers: dict[str, int]) -> list[int]:
    """Return the longest known pieces from left to right."""
    found: list[int] = []
    begin = 0
    while begin < len(word) <= _LONGEST_WORD:
        mark = "##" if begin else ""
        ends = range(len(word), begin, -1)
        end = next((end for end in ends if mark + word[begin:end] in numbers), 0)
        if not end:
            return [numbers["[UNK]"]]
        found.append(numbers[mark + word[begin:end]])
        begin = end
    return found or [numbers["[UNK]"]]
