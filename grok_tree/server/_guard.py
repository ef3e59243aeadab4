"""What stands before every call: the key, readable requests, and errors that give nothing away.

An error of ours travels as its status and, in the trailing metadata, as itself. Anything else is a
mistake of the server: it is logged with an incident number, and the caller gets the number alone,
because the text of an exception may hold a secret.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
import grpc.aio

from grok_tree.errors import (
    AuthenticationFailed,
    GrokTreeError,
    InvalidOperationError,
    RateLimited,
)
from grok_tree.wire import ERROR_KEY, error_to_wire, status_of

Context = grpc.aio.ServicerContext[Any, Any]
Handle = Callable[[Any, Context], Any]
Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]

OPEN_SERVICES = ("/grpc.health.v1.Health/",)
"""Services that need no key."""

ORIGINAL_SERVICES = ("/prompt_ide.", "/compat.chat.")
"""Services of the original SDK, whose clients bring the key as ``apikey: KEY``."""

NATIVE_SERVICES = ("/grok_tree.",)
"""Services of our own clients, which take no lent key."""

_KINDS = {
    (False, False): "unary_unary",
    (False, True): "unary_stream",
    (True, False): "stream_unary",
    (True, True): "stream_stream",
}
"""gRPC's name of a handler, by whether its request and its response are streams."""

_log = logging.getLogger(__name__)


class Guard(grpc.aio.ServerInterceptor):
    """Checks the key of every call and answers with our errors."""

    def __init__(self, api_key: str | None, *, lent_key: str = "", known_as: str = "") -> None:
        """Make a guard.

        Args:
            api_key: What callers must bring as ``authorization: Bearer KEY``, to the services of
                the original SDK also as ``apikey: KEY``; None lets all in.
            lent_key: Lets callers in to the services of other SDKs; empty for none.
            known_as: The key under which those callers are known there.
        """
        self._expected = None if api_key is None else _bearer(api_key)
        self._lent = _bearer(lent_key) if lent_key else None
        self._known_as = known_as

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Wrap the handler of a call."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        is_lent = self._is_lent(handler_call_details)
        refusal = None if is_lent else self._refusal(handler_call_details)
        reader = _tolerant(handler.request_deserializer)
        kind = _KINDS[bool(handler.request_streaming), bool(handler.response_streaming)]
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        handle = getattr(handler, kind)
        guarded = _guarded(_known_as(self._known_as, handle) if is_lent else handle, refusal)
        return make(guarded, reader, handler.response_serializer)

    def _refusal(self, details: grpc.HandlerCallDetails) -> GrokTreeError | None:
        if self._expected is None or str(details.method).startswith(OPEN_SERVICES):
            return None
        given = _given(details)
        if hmac.compare_digest(given, self._expected):
            return None
        what = "is wrong" if given else "is missing"
        return AuthenticationFailed(
            f"the server's key {what}; give api_key= or set GROK_TREE_API_KEY"
        )

    def _is_lent(self, details: grpc.HandlerCallDetails) -> bool:
        """Return whether a call to the service of another SDK brings the lent key."""
        if self._lent is None or str(details.method).startswith(NATIVE_SERVICES):
            return False
        return hmac.compare_digest(_given(details), self._lent)


class Known:
    """The context of a call whose caller brought a lent key."""

    def __init__(self, context: Context, known_as: str) -> None:
        """Stand for a context.

        Args:
            context: Of the call.
            known_as: The key that the lent one stands for.
        """
        self._context = context
        self.known_as = known_as

    def __getattr__(self, name: str) -> Any:
        """Return what the context has."""
        return getattr(self._context, name)


def _known_as(api_key: str, handle: Handle) -> Handle:
    """Return what handles a call with a lent key."""

    def known(request: Any, context: Context) -> Any:
        return handle(request, Known(context, api_key))  # type: ignore[arg-type]

    return known


def _bearer(api_key: str) -> bytes:
    return f"Bearer {api_key}".encode()


def _given(details: grpc.HandlerCallDetails) -> bytes:
    """Return the key that a call brings, as ``Bearer KEY``; empty for none."""
    metadata = {
        name: value if isinstance(value, bytes) else value.encode()
        for name, value in details.invocation_metadata or ()
    }
    original = str(details.method).startswith(ORIGINAL_SERVICES)
    if original and "authorization" not in metadata and "apikey" in metadata:
        return b"Bearer " + metadata["apikey"]
    return metadata.get("authorization", b"")


class _Unreadable:
    """Stands for a request that could not be parsed."""


def _tolerant(parse: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """Return a parser that does not raise, since an exception there would be an unknown error."""
    if parse is None:
        return None

    def tolerant(data: bytes) -> Any:
        try:
            return parse(data)
        except Exception:
            return _Unreadable()

    return tolerant


def _readable(request: Any) -> Any:
    """Return a request, or a stream of them, that raises our error where it cannot be parsed."""
    if hasattr(request, "__aiter__"):
        return _readable_stream(request)
    if isinstance(request, _Unreadable):
        raise InvalidOperationError("the request is not a message of this call")
    return request


async def _readable_stream(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        yield _readable(request)


def _guarded(handle: Handle, refusal: GrokTreeError | None) -> Handle:
    async def guarded(request: Any, context: Context) -> Any:
        try:
            if refusal is not None:
                raise refusal
            return await handle(_readable(request), context)
        except GrokTreeError as error:
            await abort(context, error)
        except grpc.aio.AbortError:
            raise
        except Exception:
            await abort(context, _incident())
        return None

    return guarded


def _incident() -> GrokTreeError:
    number = secrets.token_hex(4)
    _log.exception("incident %s", number)
    return GrokTreeError(f"the server failed; its log has more under incident {number}")


async def abort(context: Context, error: GrokTreeError, status: str = "") -> None:
    """End a call with an error.

    Args:
        context: Of the call.
        error: Why.
        status: Name of the status; by default the one that all errors of this class have.
    """
    code = getattr(grpc.StatusCode, status or status_of(error))
    # The message of an error may be longer than metadata can be.
    text = error.message[:1_000]
    await context.abort(code, text, tuple(_trailers(error)))


def _trailers(error: GrokTreeError) -> Iterator[tuple[str, str | bytes]]:
    detail = error_to_wire(error).SerializeToString()
    if len(detail) < _MAX_DETAIL:
        yield ERROR_KEY, detail
    if isinstance(error, RateLimited) and error.retry_after_s is not None:
        yield "retry-after", f"{error.retry_after_s:g}"


_MAX_DETAIL = 6_000
"""Bytes; gRPC refuses metadata of more than 8 KiB."""
