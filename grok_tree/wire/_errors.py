"""The one table between our errors and gRPC's statuses, and how an error travels.

The status says what kind of failure it is to any gRPC client. Our own clients read the trailing
metadata `ERROR_KEY`, which holds an `ErrorDetail` message, and raise the same class again.
"""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.message import DecodeError

from grok_tree import errors
from grok_tree.errors import GrokTreeError
from grok_tree.wire.v1 import forests_pb2 as pb

ERROR_KEY = "grok-tree-error-bin"

STATUSES: dict[type[GrokTreeError], str] = {
    errors.GrokTreeError: "INTERNAL",
    errors.InvalidOperationError: "INVALID_ARGUMENT",
    errors.NotFoundError: "NOT_FOUND",
    errors.ConflictError: "ABORTED",
    errors.AlreadyExists: "ALREADY_EXISTS",
    errors.ConversationDeletedError: "FAILED_PRECONDITION",
    errors.SamplingError: "FAILED_PRECONDITION",
    errors.RateLimited: "RESOURCE_EXHAUSTED",
    errors.SamplingInterrupted: "ABORTED",
    errors.ConnectionFailedError: "UNAVAILABLE",
    errors.ProtocolMismatch: "UNIMPLEMENTED",
    errors.WatchLagged: "ABORTED",
    errors.DeadlineExceededError: "DEADLINE_EXCEEDED",
    errors.AccessError: "PERMISSION_DENIED",
    errors.AuthenticationFailed: "UNAUTHENTICATED",
    errors.StoreError: "INTERNAL",
    errors.StoreContention: "ABORTED",
    errors.StoreCorrupted: "DATA_LOSS",
    errors.FormatError: "INVALID_ARGUMENT",
    errors.ConfigurationError: "FAILED_PRECONDITION",
    errors.ExplorationError: "FAILED_PRECONDITION",
    errors.BudgetExhausted: "RESOURCE_EXHAUSTED",
}
"""Class to the name of its status; a class without an entry has that of its nearest base."""

_ORPHANS: dict[str, type[GrokTreeError]] = {
    "INVALID_ARGUMENT": errors.InvalidOperationError,
    "NOT_FOUND": errors.NotFoundError,
    "ALREADY_EXISTS": errors.AlreadyExists,
    "ABORTED": errors.ConflictError,
    "UNAVAILABLE": errors.ServerUnavailable,
    "UNIMPLEMENTED": errors.ProtocolMismatch,
    "DEADLINE_EXCEEDED": errors.DeadlineExceededError,
    "UNAUTHENTICATED": errors.AuthenticationFailed,
    "PERMISSION_DENIED": errors.PermissionDenied,
    "CANCELLED": errors.ConnectionFailedError,
}
"""Status to class, for errors that were not raised by a server of ours."""


def status_of(error: GrokTreeError) -> str:
    """Return the name of the gRPC status that an error has."""
    bases = (base for base in type(error).__mro__ if base in STATUSES)
    return STATUSES[next(bases)]


def error_to_wire(error: GrokTreeError) -> pb.ErrorDetail:
    """Return an error as a message."""
    detail = pb.ErrorDetail(code=error.code, message=error.message)
    for name, value in error.details.items():
        if isinstance(value, str):
            detail.texts[name] = value
        elif isinstance(value, int) and -(2**63) <= value < 2**63:
            detail.integers[name] = value
        else:
            # A caller may have sent, and an error may name, an integer that needs more bits.
            detail.floats[name] = value
    return detail


def error_from_wire(detail: pb.ErrorDetail, status: str | None = None) -> GrokTreeError:
    """Return the error of a message; a code of a newer release becomes its nearest family."""
    by_code = {cls.code: cls for cls in errors.error_classes()}
    cls = by_code.get(detail.code) or _ORPHANS.get(status or "", GrokTreeError)
    details: dict[str, errors.Detail] = {**detail.texts, **detail.integers, **detail.floats}
    error = cls(detail.message, **details)
    error.grpc_status = status
    return error


def error_from_call(
    status: str, text: str, trailers: Iterable[tuple[str, str | bytes]], *, address: str
) -> GrokTreeError:
    """Return the error that a failed call means.

    Args:
        status: Name of the gRPC status.
        text: What came with it.
        trailers: The call's trailing metadata.
        address: Of the server, for the message.
    """
    for key, value in trailers:
        if key == ERROR_KEY and isinstance(value, bytes):
            try:
                return error_from_wire(pb.ErrorDetail.FromString(value), status)
            except DecodeError:
                break
    cls = _ORPHANS.get(status, GrokTreeError)
    error = cls(_explanation(status, text, address))
    error.grpc_status = status
    return error


def _explanation(status: str, text: str, address: str) -> str:
    if status == "UNAVAILABLE":
        return (
            f"no grok_tree server answers at {address}; start one with `grok-tree serve`,"
            " or check the address"
        )
    if status == "UNIMPLEMENTED":
        return (
            f"the server at {address} does not know this call; is it a grok_tree server,"
            " and as new as this client?"
        )
    if status == "DEADLINE_EXCEEDED":
        return f"the server at {address} did not answer in time; try again or raise timeout="
    return f"the call to {address} failed with {status}: {text}"
