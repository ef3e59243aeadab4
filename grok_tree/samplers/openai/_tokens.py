"""Tokens of texts, in the words of the two servers that tell them; neither is OpenAI's protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from grok_tree.samplers._contract import TextToken
from grok_tree.samplers._llama_tokens import piece_bytes
from grok_tree.samplers.openai._failures import Asked, not_this_protocol

PATH = "/tokenize"
"""Beside ``/v1``, not below it."""

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPACE = "\u2581"


class _Piece(msgspec.Struct):
    id: int
    piece: str | list[int]


class _Pieces(msgspec.Struct):
    tokens: list[_Piece]


class _Numbers(msgspec.Struct):
    tokens: list[int]
    token_strs: list[str]


def tokenize_request(server: str, model: str, text: str) -> bytes:
    """Return the body of a request for the tokens of a text, its marks of templates included."""
    if server == "vllm":
        asked = {"prompt": text, "add_special_tokens": False, "return_token_strs": True}
    else:
        asked = {
            "content": text,
            "add_special": False,
            "parse_special": True,
            "with_pieces": True,
        }
    return msgspec.json.encode({"model": model, **asked})


def read_tokens(server: str, body: bytes, text: str, asked: Asked) -> list[TextToken]:
    """Return the tokens of an answer.

    Raises:
        SamplerUnavailable: It has none.
    """
    try:
        if server == "vllm":
            found = msgspec.json.decode(body, type=_Numbers)
            pieces = _bytes_of_names(found.token_strs, text)
            return [TextToken(*one) for one in zip(found.tokens, pieces, strict=True)]
        return list(_pieces(msgspec.json.decode(body, type=_Pieces)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise not_this_protocol(asked, "it gave no tokens") from None


def _pieces(found: _Pieces) -> Iterator[TextToken]:
    for token in found.tokens:
        yield TextToken(token.id, piece_bytes(token.piece))


def _bytes_of_names(names: Sequence[str], text: str) -> list[bytes]:
    """Return the bytes of tokens by their names in the vocabulary, which comes in two kinds.

    One writes a character for each byte, so that all can be printed; the other one writes text,
    with a mark for a space and the numbers of bytes that are no whole characters.
    """
    whole = text.encode()
    if all(character in _BYTE_OF for name in names for character in name):
        found = [bytes(_BYTE_OF[character] for character in name) for name in names]
        if b"".join(found) == whole:
            return found
    return [_text_bytes(name) for name in names]


def _text_bytes(name: str) -> bytes:
    number = _BYTE.fullmatch(name)
    return bytes.fromhex(number[1]) if number else name.replace(_SPACE, " ").encode()


def _byte_alphabet() -> dict[str, int]:
    """Return the characters of the first kind: those that print stand for themselves."""
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in prints]
    alphabet = {chr(byte): byte for byte in prints}
    return alphabet | {chr(0x100 + place): byte for place, byte in enumerate(others)}


_BYTE_OF = _byte_alphabet()
