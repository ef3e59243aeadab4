"""What a request for completions asks, as a call of a client that keeps the conversation itself."""

from __future__ import annotations

import hashlib
from typing import Any

from grok_tree.server._caller import Caller
from grok_tree.server.xai._said import path_of
from grok_tree.server.xai._schema import Schema
from grok_tree.server.xai._settings import provenance_of, settings_of
from grok_tree.service import StatelessCall

DOOR = "xai"


def call_of_request(
    schema: Schema, request: Any, caller: Caller, *, request_id: str, detach: bool = False
) -> StatelessCall:
    """Return what a request asks.

    Raises:
        InvalidOperationError: It makes no sense, or asks for what cannot be done here.
    """
    parent = request.previous_response_id or caller.parent
    path = path_of(schema, request.messages, below=bool(parent))
    return StatelessCall(
        request_id=request_id,
        door=DOOR,
        client=caller.client,
        scope=caller.scope,
        path=path.said,
        system_prompt=path.system_prompt,
        model_name=request.model,
        answering_model=caller.model,
        settings=settings_of(schema, request),
        n=request.n if request.HasField("n") else 1,
        parent_response_id=parent,
        conversation=caller.conversation,
        files=path.files,
        provenance=provenance_of(schema, request),
        record=caller.record,
        detach=detach,
    )


def fingerprint_of(request: Any, caller: Caller) -> bytes:
    """Return what a call and its repeat have in common, and no other call of another client."""
    digest = hashlib.blake2b(digest_size=16)
    places = (caller.parent, caller.conversation, caller.model, str(caller.record))
    said = request.SerializeToString(deterministic=True)
    for part in (caller.scope, *(one.encode(errors="replace") for one in places), said):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
