"""The tree of errors: one base class, families that end in ``Error``, leaves that name the fact.

::

    GrokTreeError
    ├─ InvalidOperationError (ValueError)
    ├─ NotFoundError (KeyError)
    │   └─ ConversationNotFound · ResponseNotFound · SamplingNotFound · ShareNotFound
    │      · ModelNotFound · FormatNotFound · UploadNotFound · AttachmentNotFound
    ├─ ConflictError
    │   └─ AlreadyExists · StaleSnapshot · ConversationDeletedError (RuntimeError)
    ├─ SamplingError
    │   └─ SamplerRefused · PriceUnknown (SamplerRefused) · ContextTooLong · RateLimited
    │      · SamplingInterrupted · SamplerUnavailable
    ├─ ConnectionFailedError (ConnectionError)
    │   └─ ServerUnavailable · ProtocolMismatch · WatchLagged
    ├─ DeadlineExceededError (TimeoutError)
    ├─ AccessError (PermissionError)
    │   └─ AuthenticationFailed · PermissionDenied
    ├─ StoreError
    │   └─ StoreBusy · StoreContention · StoreCorrupted · SchemaTooNew · StoreForeign
    ├─ FormatError (ValueError)
    │   └─ MalformedDocument · UnsupportedVersion
    ├─ ConfigurationError
    │   └─ ExtraMissing · PortTaken
    └─ ExplorationError
        └─ BudgetExhausted · StrategyFailed

The built-in in brackets is a second base, so that code written for the original SDK
(``except KeyError``) keeps working. A message says what was tried, on which id, what was found
and what to do next. Facts that a program may need travel in `GrokTreeError.details`.
"""

from __future__ import annotations

from typing import ClassVar

Detail = str | int | float
"""What a detail may be: values that travel unchanged over the wire."""


class GrokTreeError(Exception):
    """Base of everything grok_tree raises on purpose.

    Attributes:
        message: One sentence for a person, with the next step.
        code: Stable machine-readable name of the class, in snake case.
        details: The ids and figures concerned, for programs.
        grpc_status: Name of the gRPC status that brought the error here, None when raised locally.
    """

    code: ClassVar[str] = "failed"

    def __init__(self, message: str, **details: Detail | None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Detail] = {k: v for k, v in details.items() if v is not None}
        self.grpc_status: str | None = None

    def __str__(self) -> str:
        """Return the message alone, also where a built-in base would print a repr."""
        return self.message

    @property
    def conversation_id(self) -> str | None:
        """The conversation concerned, if one is."""
        return self._text_detail("conversation_id")

    @property
    def response_id(self) -> str | None:
        """The response concerned, if one is; for a sampling error, where the partial text is."""
        return self._text_detail("response_id")

    def _text_detail(self, name: str) -> str | None:
        value = self.details.get(name)
        return None if value is None else str(value)


class InvalidOperationError(GrokTreeError, ValueError):
    """The request breaks a rule of the forest or carries a bad argument; nothing was done."""

    code = "invalid_operation"


class NotFoundError(GrokTreeError, KeyError):
    """Something named by an id or a name does not exist."""

    code = "not_found"


class ConversationNotFound(NotFoundError):
    """No conversation has this id."""

    code = "conversation_not_found"


class ResponseNotFound(NotFoundError):
    """No visible response has this id."""

    code = "response_not_found"


class SamplingNotFound(NotFoundError):
    """No sampling of this id runs, and none is remembered: they are for 24 hours."""

    code = "sampling_not_found"


class ShareNotFound(NotFoundError):
    """No share has this id, or it was taken back."""

    code = "share_not_found"


class ModelNotFound(NotFoundError):
    """No sampler serves a model of this name."""

    code = "model_not_found"


class FormatNotFound(NotFoundError):
    """No format has this name, or none recognises the file."""

    code = "format_not_found"


class UploadNotFound(NotFoundError):
    """No long text that was brought before waits under this id; clients bring it again."""

    code = "upload_not_found"


class AttachmentNotFound(NotFoundError):
    """No file has this id, or it was purged with the last response that had it."""

    code = "attachment_not_found"


class ConflictError(GrokTreeError):
    """The request fights with the present state."""

    code = "conflict"


class AlreadyExists(ConflictError):
    """The id is taken, or a request id was used before for another request."""

    code = "already_exists"


class StaleSnapshot(ConflictError):
    """The snapshot is older than the server can bring up to date; load again."""

    code = "stale_snapshot"


class ConversationDeletedError(ConflictError, RuntimeError):
    """The conversation was deleted; restore it first."""

    code = "conversation_deleted"


class SamplingError(GrokTreeError):
    """A model did not finish; what came is kept.

    Attributes:
        partial: The text that was kept, empty when nothing came.
    """

    code = "sampling_failed"

    @property
    def partial(self) -> str:
        """The text that was kept."""
        return self._text_detail("partial") or ""


class SamplerRefused(SamplingError):
    """The sampler cannot or will not do what was asked; nothing was spent."""

    code = "sampler_refused"


class PriceUnknown(SamplerRefused):
    """Nobody knows what the model costs, and a budget in dollars must hold; nothing was spent."""

    code = "price_unknown"


class ContextTooLong(SamplingError):
    """The path does not fit into the model's context."""

    code = "context_too_long"


class RateLimited(SamplingError):
    """The model's provider asks to wait.

    Attributes:
        retry_after_s: Seconds to wait, None when not said.
    """

    code = "rate_limited"

    @property
    def retry_after_s(self) -> float | None:
        """Seconds to wait, None when the provider did not say."""
        value = self.details.get("retry_after_s")
        return None if value is None else float(value)


class SamplingInterrupted(SamplingError):
    """The stream was cut before the model finished; the partial response is kept."""

    code = "sampling_interrupted"


class SamplerUnavailable(SamplingError):
    """The model cannot be reached or is not installed."""

    code = "sampler_unavailable"


class ConnectionFailedError(GrokTreeError, ConnectionError):
    """Talking to the server failed."""

    code = "connection_failed"


class ServerUnavailable(ConnectionFailedError):
    """No grok_tree server answers at the address."""

    code = "server_unavailable"


class ProtocolMismatch(ConnectionFailedError):
    """Something answers, but it does not speak this protocol."""

    code = "protocol_mismatch"


class WatchLagged(ConnectionFailedError):
    """A watcher read too slowly and was cut; watch again from its `revision` and `position`."""

    code = "watch_lagged"


class DeadlineExceededError(GrokTreeError, TimeoutError):
    """The call took longer than its timeout."""

    code = "deadline_exceeded"


class AccessError(GrokTreeError, PermissionError):
    """The caller may not do this."""

    code = "access"


class AuthenticationFailed(AccessError):
    """The key is missing or wrong."""

    code = "authentication_failed"


class PermissionDenied(AccessError):
    """The key is right but does not allow this."""

    code = "permission_denied"


class StoreError(GrokTreeError):
    """The database failed; nothing acknowledged is lost."""

    code = "store_failed"


class StoreBusy(StoreError):
    """Another process owns the database file."""

    code = "store_busy"


class StoreContention(StoreError):
    """A change was undone only because of others at the same time; it may work again."""

    code = "store_contention"


class StoreCorrupted(StoreError):
    """The database file is damaged."""

    code = "store_corrupted"


class SchemaTooNew(StoreError):
    """The database was written by a newer grok_tree."""

    code = "schema_too_new"


class StoreForeign(StoreError):
    """The file is not a grok_tree database."""

    code = "store_foreign"


class FormatError(GrokTreeError, ValueError):
    """A document cannot be read or written."""

    code = "format"


class MalformedDocument(FormatError):
    """The document breaks its format; `details` name the line."""

    code = "malformed_document"


class UnsupportedVersion(FormatError):
    """The document is of a version this release cannot read."""

    code = "unsupported_version"


class ConfigurationError(GrokTreeError):
    """The machine or its configuration does not allow this."""

    code = "configuration"


class ExtraMissing(ConfigurationError):
    """An optional dependency is not installed; the message names the extra."""

    code = "extra_missing"


class PortTaken(ConfigurationError):
    """Another program listens on the port."""

    code = "port_taken"


class ExplorationError(GrokTreeError):
    """An exploration stopped."""

    code = "exploration"


class BudgetExhausted(ExplorationError):
    """A limit in responses, tokens or cost was reached."""

    code = "budget_exhausted"


class StrategyFailed(ExplorationError):
    """A strategy raised."""

    code = "strategy_failed"


def error_classes(base: type[GrokTreeError] = GrokTreeError) -> list[type[GrokTreeError]]:
    """Return `base` and every class below it, parents before children."""
    found: list[type[GrokTreeError]] = []
    waiting = [base]
    while waiting:
        cls = waiting.pop(0)
        found.append(cls)
        waiting.extend(cls.__subclasses__())
    return found
