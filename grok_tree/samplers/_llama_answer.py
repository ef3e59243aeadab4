"""What the runtime replies, read as events."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from grok_tree.errors import ContextTooLong, GrokTreeError, SamplingError
from grok_tree.forest import (
    Finished,
    FinishReason,
    Reasoning,
    SamplerEvent,
    Settings,
    Token,
    TokenAlternative,
    TokenLogprob,
    Usage,
)

Chunk = dict[str, Any]


class Answer:
    """Reads the chunks of one streamed request, which samples one sibling or several.

    A piece of text may be made of several tokens: of bytes that are one character together, or of
    what was held back as the possible beginning of a stop text. The runtime gives only one
    log-probability then, which is not the piece's, so such a piece has none.
    """

    def __init__(
        self,
        settings: Settings,
        provenance: dict[str, str],
        *,
        first: int = 0,
        n: int = 1,
        stop_tokens: Collection[int] = (),
    ) -> None:
        """Begin an answer.

        Args:
            settings: What was asked, complete, with the seed of the first sibling.
            provenance: What produces it; each sibling adds its seed.
            first: Index of the first sibling.
            n: How many there are.
            stop_tokens: Numbers of tokens that end a sibling.
        """
        self._settings = settings
        self._provenance = provenance
        self._stop_tokens = stop_tokens
        self._siblings = [_Sibling(first + place, place) for place in range(n)]
        self._ended_last = self._siblings[0]

    @property
    def complete(self) -> bool:
        """Whether every sibling has ended."""
        return all(sibling.ended for sibling in self._siblings)

    def events(self, chunk: Chunk) -> Iterator[SamplerEvent]:
        """Yield what a chunk brings, often one token.

        Raises:
            ContextTooLong: The prompt does not fit.
            SamplingError: The chunk is an error.
        """
        if "error" in chunk:
            raise runtime_error(chunk["error"])
        n_tokens = (chunk.get("timings") or {}).get("predicted_n")
        for choice in chunk.get("choices") or ():
            sibling = self._siblings[choice["index"]]
            n_new = sibling.counted(n_tokens)
            if sibling.ended:
                continue
            yield from self._choice(sibling, choice, n_new)
            if sibling.stopped:
                yield self._finished(sibling, _usage_so_far(chunk.get("timings") or {}, sibling))
        # The usage of a chat's sibling comes in a chunk that names none, right after its end.
        sibling = self._ended_last
        if (usage := chunk.get("usage")) and sibling.reason and not sibling.ended:
            yield self._finished(sibling, _usage(usage, shared=sibling.place > 0))

    def check_complete(self) -> None:
        """Refuse an answer of which a part is missing.

        Raises:
            SamplingError: The runtime ended without a reason.
        """
        if not self.complete:
            raise SamplingError("the local model ended without a reason; sample again")

    def _choice(self, sibling: _Sibling, choice: Chunk, n_new: int) -> Iterator[SamplerEvent]:
        if reason := choice.get("finish_reason"):
            sibling.reason, self._ended_last = reason, sibling
        delta = choice.get("delta") or {}
        tokens: list[Chunk] = (choice.get("logprobs") or {}).get("content") or []
        text = delta.get("content") or choice.get("text") or ""
        if tokens and tokens[-1]["id"] in self._stop_tokens:
            sibling.stopped, sibling.reason = True, "stop"
            text = text.removesuffix(tokens[-1]["token"])
        if thought := delta.get("reasoning_content"):
            yield Reasoning(thought, sibling.index)
        if text:
            known = self._settings.logprobs and len(tokens) == n_new == 1
            logprob = self._logprob(text, tokens[0]) if known else None
            yield Token(text, sibling.index, logprob=logprob)

    def _logprob(self, text: str, token: Chunk) -> TokenLogprob:
        kept = token["top_logprobs"][: self._settings.top_logprobs]
        others = tuple(TokenAlternative(other["token"], other["logprob"]) for other in kept)
        return TokenLogprob(text, token["logprob"], others)

    def _finished(self, sibling: _Sibling, usage: Usage) -> Finished:
        sibling.ended = True
        seed = (self._settings.seed or 0) + sibling.place
        return Finished(
            finish_reason=self._finish_reason(sibling, usage),
            index=sibling.index,
            usage=usage,
            provenance={**self._provenance, "seed": str(seed)},
        )

    def _finish_reason(self, sibling: _Sibling, usage: Usage) -> FinishReason:
        if sibling.reason != "length":
            return "stop"
        limit = self._settings.max_tokens
        full = limit is not None and usage.completion_tokens >= limit
        return "length" if full else "context"


class _Sibling:
    """One sibling on its way.

    Attributes:
        index: Among all that were asked for.
        place: Among those of this request.
        n_tokens: Sampled so far.
        reason: Why it ends, in the runtime's word; empty while it grows.
        stopped: Whether a stop token came, of which the runtime knows nothing.
        ended: Whether its end was told.
    """

    def __init__(self, index: int, place: int) -> None:
        self.index = index
        self.place = place
        self.n_tokens = 0
        self.reason = ""
        self.stopped = False
        self.ended = False

    def counted(self, n_tokens: int | None) -> int:
        """Return how many tokens are new, of which so many came in all."""
        before, self.n_tokens = self.n_tokens, self.n_tokens if n_tokens is None else n_tokens
        return self.n_tokens - before


def runtime_error(error: Chunk) -> GrokTreeError:
    """Return an error of the runtime as one of ours."""
    if error.get("type") == "exceed_context_size_error":
        n_prompt, n_context = error.get("n_prompt_tokens", 0), error.get("n_ctx", 0)
        return ContextTooLong(
            f"the path has {n_prompt:,} tokens and the local model takes {n_context:,};"
            " branch from an earlier response or ask a model with a longer context",
            n_prompt_tokens=n_prompt,
            n_context_tokens=n_context,
        )
    message = str(error.get("message", error))
    return SamplingError(f"the local model failed: {message}; sample again or ask another model")


def _usage(usage: Chunk, *, shared: bool) -> Usage:
    """Return the usage of a sibling; all but the first share the prompt that it computed."""
    n_prompt = usage.get("prompt_tokens", 0)
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        prompt_tokens=n_prompt,
        cached_prompt_tokens=n_prompt if shared else details.get("cached_tokens", 0),
        completion_tokens=usage.get("completion_tokens", 0),
    )


def _usage_so_far(timings: Chunk, sibling: _Sibling) -> Usage:
    cached = timings.get("cache_n", 0)
    n_prompt = cached + timings.get("prompt_n", 0)
    return Usage(
        prompt_tokens=n_prompt,
        cached_prompt_tokens=n_prompt if sibling.place else cached,
        completion_tokens=sibling.n_tokens,
    )
