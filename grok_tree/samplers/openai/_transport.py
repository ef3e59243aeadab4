"""HTTP to one provider: connections, timeouts, and what goes wrong with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grok_tree.errors import SamplerUnavailable, SamplingInterrupted
from grok_tree.samplers.openai._breathing import Breathing
from grok_tree.samplers.openai._endpoint import Endpoint
from grok_tree.samplers.openai._failures import Asked, failure, not_this_protocol

if TYPE_CHECKING:
    import aiohttp

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Largest answer that does not come as a stream."""

_ERROR_BYTES = 65_536
_LAST_BYTES_S = 0.2
"""So long a connection is kept after the last event, to be used again."""


class Transport:
    """The connections to one provider, opened in the loop that uses them first."""

    def __init__(self, endpoint: Endpoint, key: str) -> None:
        """Open nothing yet."""
        self._endpoint = endpoint
        self._key = key
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @asynccontextmanager
    async def post(
        self, path: str, body: bytes, asked: Asked, *, at_root: bool = False
    ) -> AsyncIterator[Reply]:
        """Send a request; what is inside reads the reply, leaving it closes the connection.

        Args:
            path: Below the base URL.
            body: What is sent.
            asked: For errors.
            at_root: The path is the server's own, beside the OpenAI protocol.

        Raises:
            GrokTreeError: There is no reply, or it is an error.
        """
        base = self._endpoint.root_url if at_root else self._base_url
        async with self._exchange("POST", base + path, body, asked) as reply:
            yield reply

    async def get(self, path: str, asked: Asked) -> bytes:
        """Return what is at a path.

        Raises:
            GrokTreeError: There is no reply, or it is an error.
        """
        async with self._exchange("GET", self._base_url + path, None, asked) as reply:
            return await reply.whole()

    async def aclose(self) -> None:
        """Close all connections; what still reads from them is told."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def _exchange(
        self, method: str, url: str, body: bytes | None, asked: Asked
    ) -> AsyncIterator[Reply]:
        with _without_reply(asked):
            response = await self._sent(method, url, body)
        try:
            reply = Reply(response, self._endpoint, asked)
            if response.status != 200:
                raise failure(
                    asked, response.status, await reply.start(_ERROR_BYTES), response.headers
                )
            yield reply
        finally:
            # A response that was read to its end has given its connection back already.
            response.close()

    async def _sent(self, method: str, url: str, body: bytes | None) -> aiohttp.ClientResponse:
        """Send a request, again if the connection was kept from an earlier one and is dead."""
        import aiohttp

        while True:
            sending = _Sending()
            try:
                return await self._opened().request(
                    method,
                    url,
                    data=body,
                    headers=self._headers(),
                    allow_redirects=False,
                    trace_request_ctx=sending,
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not sending.on_kept_connection:
                    raise

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._closed:
            raise SamplingInterrupted(
                f"the sampler of {self._endpoint.name} was closed; what came is kept"
            )
        if self._session is None or self._session.closed:
            timeout = aiohttp.ClientTimeout(
                total=None, connect=self._endpoint.connect_s, sock_read=self._endpoint.first_byte_s
            )
            # How many calls run at once is decided by the pace of each model.
            connector = aiohttp.TCPConnector(limit=0, limit_per_host=0)
            tracing = aiohttp.TraceConfig()
            tracing.on_connection_reuseconn.append(_note_kept_connection)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[tracing],
            )
        return self._session

    @property
    def _base_url(self) -> str:
        return self._endpoint.base_url.rstrip("/")

    def _headers(self) -> dict[str, str]:
        # A compressed stream would wait until there is enough to compress.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return headers


class Reply:
    """The reply to a request, as it comes."""

    def __init__(self, response: aiohttp.ClientResponse, endpoint: Endpoint, asked: Asked) -> None:
        self._response = response
        self._endpoint = endpoint
        self._asked = asked
        self.broken_by: Exception | None = None
        """How the reply was cut; None while it was not."""

    @property
    def request_id(self) -> str:
        """The provider's name for the request; empty when it gives none."""
        return self._response.headers.get("x-request-id", "")

    @property
    def is_stream(self) -> bool:
        """Whether it comes in events, not as a whole.

        Raises:
            SamplerUnavailable: It is a page for people.
        """
        kind = self._response.content_type
        if kind == "text/html":
            raise not_this_protocol(self._asked, "it sent a web page")
        return kind != "application/json"

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the reply as it comes in; `broken_by` says afterwards whether it was cut."""
        import aiohttp

        content = self._response.content
        try:
            piece = await content.readany()
            self._expect_pauses()
            breathing = Breathing()
            while piece:
                yield piece
                connection = self._response.connection
                await breathing.pause(connection.transport if connection else None)
                piece = await content.readany()
        except (aiohttp.ClientError, TimeoutError, OSError, RuntimeError) as error:
            # It is a RuntimeError after our own side closed the connection.
            self.broken_by = error
            # aiohttp forgets what nobody has read yet when the connection breaks.
            if held := b"".join(content._buffer):
                yield held

    async def whole(self, max_bytes: int = MAX_BODY_BYTES) -> bytes:
        """Return the reply as a whole.

        Raises:
            SamplerUnavailable: It was cut, or is far too large.
        """
        found = await self.start(max_bytes)
        if len(found) > max_bytes:
            raise not_this_protocol(self._asked, f"it sent more than {max_bytes:,} bytes")
        if self.broken_by is not None:
            raise SamplerUnavailable(
                f"{self._asked.name} was cut: {self._asked.base_url} {reason_of(self.broken_by)};"
                " try again later"
            ) from self.broken_by
        return found

    async def start(self, n_bytes: int) -> bytes:
        """Return the reply, or not much more than so many bytes of it, as far as it came."""
        found = bytearray()
        async with aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                found += piece
                if len(found) > n_bytes:
                    break
        return bytes(found)

    async def finish(self) -> None:
        """Read what follows the last event, so that the connection can be used again."""
        import aiohttp

        if self._response.content.at_eof():
            return
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with asyncio.timeout(_LAST_BYTES_S):
                while not self._response.content.at_eof():
                    await self._response.content.readany()

    def _expect_pauses(self) -> None:
        connection = self._response.connection
        if connection is not None and connection.protocol is not None:
            connection.protocol.read_timeout = self._endpoint.silence_s
            connection.protocol.start_timeout()


@dataclass
class _Sending:
    """What is known of a request on its way."""

    on_kept_connection: bool = False


async def _note_kept_connection(_session: object, context: Any, _found: object) -> None:
    context.trace_request_ctx.on_kept_connection = True


@contextmanager
def _without_reply(asked: Asked) -> Iterator[None]:
    """Make errors of a request that got no reply ours."""
    import aiohttp

    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise SamplerUnavailable(
            f"{asked.name} cannot be reached: {asked.base_url} {reason_of(error)};"
            " check the base_url, and that its server runs"
        ) from error


def reason_of(error: Exception) -> str:
    """Return what happened, in words that hold nothing of the request."""
    import aiohttp

    causes = (
        (aiohttp.ClientConnectorDNSError, "has a host name that is not known"),
        (aiohttp.ClientConnectorCertificateError, "has a certificate that is not trusted"),
        (aiohttp.ClientSSLError, "does not speak TLS as expected"),
        (aiohttp.ConnectionTimeoutError, "did not take the connection in time"),
        (TimeoutError, "was silent for too long"),
        (ConnectionRefusedError, "refused the connection"),
        (aiohttp.ClientConnectorError, "did not take the connection"),
        (aiohttp.ClientResponseError, "did not answer in HTTP"),
        (aiohttp.InvalidURL, "is not an address"),
    )
    inner = getattr(error, "os_error", None) or error
    for kind, words in causes:
        if isinstance(error, kind) or isinstance(inner, kind):
            return words
    return "ended the connection"
