"""What comes in through doors that are stateless by nature: a whole path with every call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

import msgspec

from grok_tree.forest import Attachment, Ceiling, Response, Sender, Settings, ToolCall
from grok_tree.store import Child

_TOKEN = "grok-tree:"
"""Before an id, in fields that clients send back as they came."""

_EXTENDED = "UTF-8''"
"""Before a text in a header that is written with percent signs (RFC 8187)."""

_encode = msgspec.msgpack.Encoder().encode


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One response as a stateless client sends it; the attributes are those of `Response`.

    Attributes:
        response_id: Which response it is, where the client sent back what says so; else empty.
        encrypted_reasoning: What another provider encrypted; ours is known by `response_id`.
    """

    sender: Sender
    message: str = ""
    attachments: tuple[Attachment, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    reasoning: str = ""
    encrypted_reasoning: str = ""
    response_id: str = ""


class StatelessCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a client that keeps the conversation itself.

    Attributes:
        request_id: A repeat with the same id follows the first sampling.
        door: The protocol it came through, such as ``openai/chat``.
        client: Who sent it, in its own words: the user agent.
        scope: Whose it is, from `scope_of`; paths are looked for within one scope.
        path: What was said so far; the last one is answered.
        system_prompt: What the model is told first; None for that of `parent_response_id`, or none.
        model_name: Empty for the conversation's model, then the server's.
        answering_model: What answers in the place of `model_name`, which stays in the origin.
        settings: What is asked of the sampler.
        n: Number of siblings.
        parent_response_id: What the path goes on from; it may begin with what leads there.
        conversation: The id of a conversation, or the name of a group, in which it belongs.
        title: Of a conversation that begins with this call; empty for the name of its group, else
            for the beginning of what is asked.
        files: Contents of attachments by their `file_id`.
        provenance: What else the client asked for, for the origin of the answers.
        record: Whether it is kept; else nothing of it is stored.
        detach: Go on when nobody follows any more.
        budget: The client's ceiling; None for none.
    """

    request_id: str
    door: str
    path: tuple[Said, ...]
    client: str = ""
    scope: bytes = b""
    system_prompt: str | None = None
    model_name: str = ""
    answering_model: str = ""
    settings: Settings = Settings()
    n: int = 1
    parent_response_id: str = ""
    conversation: str = ""
    title: str = ""
    files: Mapping[str, bytes] = {}
    provenance: dict[str, str] = {}
    record: bool = True
    detach: bool = False
    budget: Ceiling | None = None


def token_of(response_id: str) -> str:
    """Return what an answer carries so that the client says by it which answer it sends back."""
    return _TOKEN + response_id


def response_in(token: str) -> str:
    """Return the response that a token names, empty where it is no token of ours."""
    return token.removeprefix(_TOKEN) if token.startswith(_TOKEN) else ""


def header_of(name: str) -> str:
    """Return a name as a header can say it: those of gRPC hold nothing but plain ASCII."""
    plain = name.isascii() and name.isprintable() and name == name.strip()
    return name if plain and name_in(name) == name else _EXTENDED + quote(name, safe="")


def name_in(header: str) -> str:
    """Return the name that a header says, plainly or as `header_of` has it."""
    if header[: len(_EXTENDED)].upper() != _EXTENDED:
        return header
    return unquote(header[len(_EXTENDED) :], errors="replace")


def scope_of(api_key: str) -> bytes:
    """Return what tells the conversations of one key from those of another; the key is not in it.

    Args:
        api_key: As the client sent it; empty for none.
    """
    return _hash(b"scope", api_key.encode(errors="surrogateescape"))


def group_hash(scope: bytes, name: str) -> bytes:
    """Return what a named group of one key is found by."""
    return _hash(b"group", scope, name.encode(errors="surrogateescape"))


def next_hash(path_hash: bytes, said: Said | Response) -> bytes:
    """Return the hash of a path that is one response longer.

    What the client does not send back is not in it: thoughts, sources, ids.
    """
    return _hash(b"path", path_hash, _encode(content_of(said)))


def path_hashes(scope: bytes, path: Iterable[Said | Response]) -> list[bytes]:
    """Return the hash of every beginning of a path, the shortest first."""
    found, last = [], scope
    for one in path:
        last = next_hash(last, one)
        found.append(last)
    return found


def content_of(said: Said | Response) -> tuple[object, ...]:
    """Return what two responses have in common that are the same to a stateless client."""
    return said.sender, said.message, *beside_text(said)


def beside_text(said: Said | Response | Child) -> tuple[object, ...]:
    """Return the part of it that is not said in words: files, and calls of tools."""
    calls = [(call.call_id, call.name, call.arguments) for call in said.tool_calls]
    files = [one.file_id or one.url for one in said.attachments]
    return files, calls, said.tool_call_id


def _hash(*parts: bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=16, person=b"grok_tree")
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
