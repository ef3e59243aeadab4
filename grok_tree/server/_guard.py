"""What stands before every call: the key, readable requests, and errors that give nothing away.

An error of ours travels as its status and, in the trailing metadata, as itself. Anything else is a
mistake of the server: it is logged with an incident number, and the caller gets the number alone,
because the text of an exception may hold a secret.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio

from grok_tree.errors import AuthenticationFailed, GrokTreeError, InvalidOperationError
from grok_tree.wire import ERROR_KEY, error_to_wire, status_of

Context = grpc.aio.ServicerContext[Any, Any]
Handle = Callable[[Any, Context], Any]
Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]

OPEN_SERVICES = ("/grpc.health.v1.Health/",)
"""Services that need no key."""

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

    def __init__(self, api_key: str | None) -> None:
        """Make a guard.

        Args:
            api_key: What callers must bring as ``authorization: Bearer KEY``; None lets all in.
        """
        self._expected = None if api_key is None else f"Bearer {api_key}".encode()

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Wrap the handler of a call."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        refusal = self._refusal(handler_call_details)
        reader = _tolerant(handler.request_deserializer)
        kind = _KINDS[bool(handler.request_streaming), bool(handler.response_streaming)]
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        guarded = _guarded(getattr(handler, kind), refusal)
        return make(guarded, reader, handler.response_serializer)

    def _refusal(self, details: grpc.HandlerCallDetails) -> GrokTreeError | None:
        if self._expected is None or str(details.method).startswith(OPEN_SERVICES):
            return None
        given = dict(details.invocation_metadata or ()).get("authorization", "")
        raw = given if isinstance(given, bytes) else given.encode()
        if hmac.compare_digest(raw, self._expected):
            return None
        what = "is wrong" if given else "is missing"
        return AuthenticationFailed(
            f"the server's key {what}; give api_key= or set GROK_TREE_API_KEY"
        )


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
            await _abort(context, error)
        except grpc.aio.AbortError:
            raise
        except Exception:
            await _abort(context, _incident())
        return None

    return guarded


def _incident() -> GrokTreeError:
    number = secrets.token_hex(4)
    _log.exception("incident %s", number)
    return GrokTreeError(f"the server failed; its log has more under incident {number}")


async def _abort(context: Context, error: GrokTreeError) -> None:
    status = getattr(grpc.StatusCode, status_of(error))
    detail = error_to_wire(error).SerializeToString()
    # The message of an error may be longer than metadata can be.
    text = error.message[:1_000]
    trailers = ((ERROR_KEY, detail),) if len(detail) < _MAX_DETAIL else ()
    await context.abort(status, text, trailers)


_MAX_DETAIL = 6_000
"""Bytes; gRPC refuses metadata of more than 8 KiB."""
