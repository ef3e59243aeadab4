"""What the runtime replies, read as events."""

from __future__ import annotations

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
    """Reads the chunks of one streamed answer.

    A piece of text may be made of several tokens: of bytes that are one character together, or of
    what was held back as the possible beginning of a stop text. The runtime gives only one
    log-probability then, which is not the piece's, so such a piece has none.
    """

    def __init__(self, index: int, settings: Settings) -> None:
        """Begin an answer.

        Args:
            index: The sibling it belongs to.
            settings: What was asked, complete.
        """
        self._index = index
        self._settings = settings
        self._n_tokens = 0
        self._reason: str | None = None
        self._usage = Usage()

    def events(self, chunk: Chunk) -> list[SamplerEvent]:
        """Return what a chunk brings, often one token.

        Raises:
            ContextTooLong: The prompt does not fit.
            SamplingError: The chunk is an error.
        """
        if "error" in chunk:
            raise runtime_error(chunk["error"])
        if usage := chunk.get("usage"):
            self._usage = _usage(usage)
        n_before = self._n_tokens
        self._n_tokens = (chunk.get("timings") or {}).get("predicted_n", n_before)
        n_new = self._n_tokens - n_before
        choices = chunk.get("choices") or ()
        return [event for choice in choices for event in self._choice(choice, n_new)]

    def finished(self, provenance: dict[str, str]) -> Finished:
        """Return the end of the answer.

        Raises:
            SamplingError: The runtime ended without a reason.
        """
        if self._reason is None:
            raise SamplingError("the local model ended without a reason; sample again")
        return Finished(
            finish_reason=self._finish_reason(),
            index=self._index,
            usage=self._usage,
            provenance=provenance,
        )

    def _finish_reason(self) -> FinishReason:
        if self._reason != "length":
            return "stop"
        limit = self._settings.max_tokens
        full = limit is not None and self._usage.completion_tokens >= limit
        return "length" if full else "context"

    def _choice(self, choice: Chunk, n_new: int) -> list[SamplerEvent]:
        self._reason = choice.get("finish_reason") or self._reason
        delta = choice.get("delta") or {}
        events: list[SamplerEvent] = []
        if thought := delta.get("reasoning_content"):
            events.append(Reasoning(thought, self._index))
        if text := delta.get("content"):
            tokens: list[Chunk] = (choice.get("logprobs") or {}).get("content") or []
            known = len(tokens) == n_new == 1
            logprob = self._logprob(text, tokens[0]) if known else None
            events.append(Token(text, self._index, logprob=logprob))
        return events

    def _logprob(self, text: str, token: Chunk) -> TokenLogprob:
        kept = token["top_logprobs"][: self._settings.top_logprobs]
        others = tuple(TokenAlternative(other["token"], other["logprob"]) for other in kept)
        return TokenLogprob(text, token["logprob"], others)


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


def _usage(usage: Chunk) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        prompt_tokens=usage.get("prompt_tokens", 0),
        cached_prompt_tokens=details.get("cached_tokens", 0),
        completion_tokens=usage.get("completion_tokens", 0),
    )
