"""The one table between our errors and those of the OpenAI protocol."""

from __future__ import annotations

import logging
import math
import secrets
from dataclasses import dataclass

from grok_tree import errors
from grok_tree.errors import GrokTreeError
from grok_tree.web.openai._http import Reply, encode

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """How a class of errors is told.

    Attributes:
        status: Of the answer.
        type: The protocol's word for the family.
        code: The protocol's word for this one; empty for our own code.
        repeat: Whether it may be otherwise when it is tried again; None leaves it to the client.
    """

    status: int
    type: str = "invalid_request_error"
    code: str = ""
    repeat: bool | None = None


_SERVER = "server_error"
_UNAUTHORIZED = 401

KINDS: dict[type[GrokTreeError], Kind] = {
    errors.GrokTreeError: Kind(500, _SERVER),
    errors.InvalidOperationError: Kind(400),
    errors.NotFoundError: Kind(404),
    errors.ModelNotFound: Kind(404, code="model_not_found"),
    errors.ConflictError: Kind(409, repeat=False),
    errors.ConversationDeletedError: Kind(404),
    errors.SamplingError: Kind(502, _SERVER),
    errors.SamplerRefused: Kind(400, code="unsupported_value"),
    errors.ContextTooLong: Kind(400, code="context_length_exceeded"),
    errors.RateLimited: Kind(429, "rate_limit_error", "rate_limit_exceeded"),
    errors.SamplerUnavailable: Kind(503, _SERVER),
    errors.ConnectionFailedError: Kind(503, _SERVER),
    errors.DeadlineExceededError: Kind(504, _SERVER),
    errors.AuthenticationFailed: Kind(401, code="invalid_api_key"),
    errors.AccessError: Kind(403),
    errors.StoreError: Kind(503, _SERVER),
    errors.FormatError: Kind(400),
    errors.ConfigurationError: Kind(503, _SERVER, repeat=False),
    errors.ExplorationError: Kind(400),
    errors.BudgetExhausted: Kind(429, "insufficient_quota", "insufficient_quota", repeat=False),
}
"""Class to how it is told; a class without an entry is told as its nearest base."""


_OTHER_METHOD = Kind(405, code="method_not_allowed")


def kind_of(error: GrokTreeError) -> Kind:
    """Return how an error is told; one that says which methods a path has is told as that."""
    if "allow" in error.details:
        return _OTHER_METHOD
    return next(KINDS[base] for base in type(error).__mro__ if base in KINDS)


def fields_of(error: GrokTreeError) -> dict[str, str | None]:
    """Return what an error says, in the documented shape."""
    kind = kind_of(error)
    param = error.details.get("param")
    return {
        "message": error.message,
        "type": kind.type,
        "param": None if param is None else str(param),
        "code": kind.code or error.code,
    }


def body_of_error(error: GrokTreeError) -> bytes:
    """Return the body that tells of an error."""
    return encode({"error": fields_of(error)})


async def tell(reply: Reply, error: GrokTreeError) -> None:
    """Answer with an error."""
    kind = kind_of(error)
    headers = []
    wait_s = error.details.get("retry_after_s")
    if isinstance(wait_s, (int, float)) and kind.repeat is None:
        headers.append(("retry-after", str(max(0, math.ceil(wait_s)))))
    if kind.repeat is not None:
        headers.append(("x-should-retry", str(kind.repeat).lower()))
    if allowed := error.details.get("allow"):
        headers.append(("allow", str(allowed)))
    if kind.status == _UNAUTHORIZED:
        headers.append(("www-authenticate", "Bearer"))
    await reply.json(body_of_error(error), status=kind.status, headers=headers)


def incident() -> GrokTreeError:
    """Log the exception that is being handled; return what may be said of it."""
    number = secrets.token_hex(4)
    _log.exception("incident %s", number)
    return GrokTreeError(f"the server failed; its log has more under incident {number}")
