"""The blocking twins of the handles of calls that sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from grok_tree.client._portal import Portal
from grok_tree.client._sampling import (
    EventStream,
    IndexedTokenStream,
    Sampling,
    SamplingGroup,
    TokenStream,
)
from grok_tree.errors import GrokTreeError
from grok_tree.forest import SamplingEvent

if TYPE_CHECKING:
    from grok_tree.client._response import Response
    from grok_tree.client._sync_response import SyncResponse

T = TypeVar("T")
Wrap = Callable[["Response"], "SyncResponse"]
Stream = TokenStream | IndexedTokenStream | EventStream

_BATCH = 256


class _SyncHandle:
    """What the blocking handles of one and of several answers share."""

    def __init__(self, portal: Portal, handle: Sampling | SamplingGroup, wrap: Wrap) -> None:
        self._portal = portal
        self._handle = handle
        self._wrap = wrap

    @property
    def sampling_id(self) -> str:
        """The id by which any client can attach to it; empty where nothing is sampled."""
        return self._handle.sampling_id

    @property
    def human_response(self) -> SyncResponse | None:
        """The human response of this turn, once it is stored; None when there is none."""
        human = self._handle.human_response
        return None if human is None else self._wrap(human)

    def events(self) -> Iterator[SamplingEvent]:
        """Return the typed events of the sampling, from the first."""
        return self._iterate(self._handle.events())

    def __repr__(self) -> str:
        return repr(self._handle)

    def _repr_html_(self) -> str:
        return self._handle._repr_html_()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the model if it still runs."""
        self._portal.run(self._handle.__aexit__, kind, error, traceback)

    def _iterate(self, stream: Any) -> Iterator[Any]:
        """Yield what a stream gives; a hop to the event loop's thread brings all there is."""
        ended = False
        try:
            while True:
                batch, ended, failure = self._portal.run(_next_batch, stream)
                yield from batch
                if failure is not None:
                    raise failure
                if ended:
                    return
        finally:
            if not ended:
                stream.leave()


class SyncSampling(_SyncHandle):
    """One answer that is being sampled.

    Iterate it for the texts of the tokens and call `result` for the response. The model is asked
    at first use. Leaving the loop early, `cancel` and leaving a ``with`` block stop the model and
    keep what came as a partial response. A failure raises in the loop and from `result`.
    """

    _handle: Sampling

    def __iter__(self) -> Iterator[str]:
        return self._iterate(aiter(self._handle))

    def result(self) -> SyncResponse:
        """Wait for the response; reads the stream to its end.

        Raises:
            SamplingError: The model failed; `partial` and `response_id` say what was kept.
        """
        return self._wrap(self._portal.run(self._handle.result))

    def cancel(self) -> SyncResponse:
        """Stop the model and return what came, as a partial response."""
        return self._wrap(self._portal.run(self._handle.cancel))


class SyncSamplingGroup(_SyncHandle):
    """Several answers to one prompt that are being sampled.

    Iterate it for ``(index, text)``, and call `result` for the list of responses, in order of
    index. The first that succeeds becomes the leaf.
    """

    _handle: SamplingGroup

    def __len__(self) -> int:
        return len(self._handle)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self._iterate(aiter(self._handle))

    def result(self) -> list[SyncResponse]:
        """Wait for all responses; reads the stream to its end.

        Raises:
            SamplingError: One of them failed; the others are kept and in the conversation.
        """
        return [self._wrap(one) for one in self._portal.run(self._handle.result)]

    def cancel(self) -> list[SyncResponse]:
        """Stop the model and return what came, some of it as partial responses."""
        return [self._wrap(one) for one in self._portal.run(self._handle.cancel)]


async def _next_batch(stream: Stream) -> tuple[list[Any], bool, GrokTreeError | None]:
    """Return the next items that are there (at least one, unless it has ended) and the end."""
    batch: list[Any] = []
    try:
        batch.append(await anext(stream))
        while len(batch) < _BATCH and stream.has_next:
            batch.append(await anext(stream))
    except StopAsyncIteration:
        return batch, True, None
    except GrokTreeError as error:
        return batch, True, error
    return batch, False, None
