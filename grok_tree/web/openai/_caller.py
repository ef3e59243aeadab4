"""What the headers of a request say: who asks, where it belongs, whether it was asked before."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import chain

from grok_tree.forest import ResponseId
from grok_tree.service import Ids, SamplingRun, name_in, response_in, scope_of
from grok_tree.web.openai._bodies import bad
from grok_tree.web.openai._http import Request

PARENT = "x-grok-tree-parent"
CONVERSATION = "x-grok-tree-conversation"
MODEL = "x-grok-tree-model"
RECORD = "x-grok-tree-record"
RESPONSE = "x-grok-tree-response"
IDEMPOTENCY = "idempotency-key"
_OURS = "x-grok-tree-"

_PREFIXED = re.compile(
    r"(?:chatcmpl-|resp_|msg_|rs_|fc_|fco_)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:_\d+)?"
)
_CLIENT_CHARACTERS = 200


@dataclass(frozen=True)
class Caller:
    """Who asks, and where it belongs; the attributes are those of `StatelessCall`."""

    request_id: str
    scope: bytes
    client: str
    parent_response_id: str
    conversation: str
    answering_model: str
    record: bool


def caller_of(request: Request, ids: Ids) -> Caller:
    """Return what the headers of a request say.

    Raises:
        InvalidOperationError: One of ours says something that it cannot.
    """
    scope = scope_of(request.key)
    parent = request.headers.get(PARENT, "")
    said = request.headers.get(RECORD, "on").lower()
    if said not in ("on", "off"):
        raise bad(f"the header {RECORD} is {said!r}; it must be on or off", RECORD)
    return Caller(
        request_id=_request_id(request, scope, ids),
        scope=scope,
        client=_printable(request.headers.get("user-agent", "")),
        parent_response_id=named_response(parent) or parent,
        conversation=_unicode(request.headers.get(CONVERSATION, "")),
        answering_model=answering_model(request),
        record=said == "on",
    )


def answering_model(request: Request) -> str:
    """Return what answers, whatever model a request names; empty for that one."""
    return _unicode(request.headers.get(MODEL, ""))


def named_response(text: str) -> str:
    """Return the response that an id of this door or a token names; empty for none of ours."""
    found = _PREFIXED.fullmatch(response_in(text) or text)
    return found[1] if found else ""


def created_at(response_id: ResponseId) -> int:
    """Return when an answer was begun, in seconds since 1970; its id says so."""
    return int(response_id.replace("-", "")[:12], 16) // 1000


def told(run: SamplingRun, call_id: str) -> list[tuple[str, str]]:
    """Return the headers that say where an answer is kept."""
    named = [("x-request-id", call_id)]
    if run.conversation_id:
        named.append((CONVERSATION, run.conversation_id))
        named.append((RESPONSE, ",".join(run.started.response_ids)))
    return named


def _request_id(request: Request, scope: bytes, ids: Ids) -> str:
    """Return the same id for the same request with the same key of idempotency, else a new one."""
    key = request.headers.get(IDEMPOTENCY, "")
    if not key:
        return ids.new_id()
    return identity(request, scope, key).hex()


def identity(request: Request, scope: bytes, key: str = "") -> bytes:
    """Return what only requests have in common that ask for the same, under the same key."""
    digest = hashlib.blake2b(scope, digest_size=16, person=b"grok_tree repeat")
    ours = sorted(one for one in request.headers.items() if one[0].startswith(_OURS))
    for part in (key, request.path, *chain.from_iterable(ours)):
        data = part.encode(errors="surrogateescape")
        digest.update(len(data).to_bytes(8, "big") + data)
    digest.update(request.body)
    return digest.digest()


def _printable(header: str) -> str:
    return "".join(one for one in header if " " <= one <= "~")[:_CLIENT_CHARACTERS]


def _unicode(header: str) -> str:
    """Return a header as the text that was meant: HTTP says nothing of UTF-8, clients send it."""
    return name_in(header.encode("latin-1").decode("utf-8", "replace"))
