"""What was said in a forest, as one hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from grok_tree.forest._values import Response

_encode = msgspec.msgpack.Encoder().encode


def content_hash(parents: Sequence[int], responses: Iterable[Response]) -> str:
    """Return a hash of what was said, and of what answers what.

    It does not depend on ids, times, costs, marks, the names of models, or the order of siblings;
    so a study that is run again, and in which the same is said, has the same hash.

    Args:
        parents: The number of each response's parent, -1 for a root; parents before children.
        responses: In the same order.

    Returns:
        BLAKE2b with 16 bytes, in hexadecimal, over the sorted hashes of the roots; a response's
        hash is that of its content and the sorted hashes of its children (a Merkle tree).
    """
    own = [_digest(_said(response)) for response in responses]
    below: dict[int, list[bytes]] = {}
    for number in range(len(parents) - 1, -1, -1):
        children = b"".join(sorted(below.pop(number, ())))
        below.setdefault(parents[number], []).append(_digest(own[number] + children))
    return _digest(b"".join(sorted(below.get(-1, ())))).hex()


def _said(response: Response) -> bytes:
    return _encode(
        (
            response.sender,
            response.message,
            response.reasoning,
            response.manual,
            response.partial,
            response.finish_reason,
            response.query,
            response.query_type,
            response.attachments,
            response.tool_calls,
            response.tool_call_id,
            response.citations,
        )
    )


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
