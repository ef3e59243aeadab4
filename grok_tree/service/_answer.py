"""What has come of one answer that is being sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from grok_tree.errors import GrokTreeError, SamplingInterrupted
from grok_tree.forest import (
    MAX_TEXT_BYTES,
    Finished,
    FinishReason,
    Part,
    ResponseId,
    Timing,
    Token,
    TokenLogprob,
    Usage,
    repaired_text,
)
from grok_tree.service._answer_parts import AnswerParts
from grok_tree.service._prompt_size import tokens_in
from grok_tree.store import Finish

PARTIAL_REASONS: tuple[FinishReason, ...] = ("cancelled", "disconnected", "failed")
"""Reasons of answers that were cut: those are partial."""

_SHOWN_CHARACTERS = 10_000
"""Of the kept text, in an error."""


@dataclass
class GrowingAnswer:
    """One sibling of a sampling, until it is stored for good.

    Attributes:
        response_id: The id it has in the store.
        prefix: The text with which it begins, which no model has to say.
        n_unsaved: Pieces that came since it was last saved.
        ended: It was stored for good, or that was tried.
    """

    response_id: ResponseId
    prefix: str = ""
    n_unsaved: int = 0
    ended: bool = False
    _texts: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)
    _logprobs: list[TokenLogprob] = field(default_factory=list)
    _parts: AnswerParts = field(default_factory=AnswerParts)
    _length: int = 0
    _size: int = 0
    _first_token_s: float | None = None

    def __post_init__(self) -> None:
        if self.prefix:
            self._texts.append(self.prefix)
            self._length, self._size = len(self.prefix), len(self.prefix.encode())

    @property
    def message(self) -> str:
        """The text so far."""
        return "".join(self._texts)

    @property
    def _sampled(self) -> Sequence[str]:
        return self._texts[1:] if self.prefix else self._texts

    @property
    def reasoning(self) -> str:
        """What the model has thought so far."""
        return "".join(self._reasoning)

    def take_token(self, token: Token, after_s: float) -> Token:
        """Append a token that came so long after the beginning; return it with its place.

        Raises:
            SamplingInterrupted: The answer is longer than a response can be.
        """
        text = repaired_text(token.text)
        self._make_room(text)
        if self._first_token_s is None:
            self._first_token_s = after_s
        placed = Token(text, token.index, self._length, token.logprob)
        if token.logprob is not None:
            self._logprobs.append(msgspec.structs.replace(token.logprob, offset=self._length))
        self._texts.append(text)
        self._length += len(text)
        self.n_unsaved += 1
        return placed

    def take_reasoning(self, text: str) -> None:
        """Append a piece of what the model thinks.

        Raises:
            SamplingInterrupted: The answer is longer than a response can be.
        """
        text = repaired_text(text)
        self._make_room(text)
        self._reasoning.append(text)
        self.n_unsaved += 1

    def take_part(self, part: Part) -> Part:
        """Add what comes whole, beside the text; return it as it can be stored."""
        self.n_unsaved += 1
        return self._parts.take(part)

    def _make_room(self, text: str) -> None:
        self._size += len(text) if text.isascii() else len(text.encode())
        if self._size > MAX_TEXT_BYTES:
            raise SamplingInterrupted(
                f"the answer passed {MAX_TEXT_BYTES:,} bytes,"
                " the most that one response can hold; set max_tokens"
            )

    def finish(self, finished: Finished, duration_s: float) -> Finish:
        """Return how it is stored for good."""
        return Finish(
            message=self.message,
            reasoning=self.reasoning,
            partial=finished.finish_reason in PARTIAL_REASONS,
            finish_reason=finished.finish_reason,
            usage=self._usage(finished),
            timing=Timing(first_token_s=self._first_token_s, duration_s=duration_s),
            encrypted_reasoning=finished.encrypted_reasoning,
            provenance=finished.provenance,
            **self._parts.fields(),
            logprobs=self._logprobs,
        )

    def _usage(self, finished: Finished) -> Usage:
        """Return what the sampler told, or else an estimate of what came.

        The prompt is not in it: only the store knows how long that was. Of what failed before
        anything came providers send no bill.
        """
        told = finished.usage
        failed = finished.finish_reason == "failed" and not (self._sampled or self._reasoning)
        if failed or told.total_tokens or told.cost_usd is not None:
            return told
        return Usage(
            completion_tokens=tokens_in(self._sampled),
            reasoning_tokens=tokens_in(self._reasoning),
            estimated=True,
        )

    def error(self, error: GrokTreeError) -> GrokTreeError:
        """Return an error with what was kept of this answer as details."""
        return error_with_kept_text(error, self.response_id, self.message)


def billed_in(error: GrokTreeError | None) -> Usage:
    """Return what a failed sampling is billed for, as far as its error says."""
    details = {} if error is None else error.details
    said = {name: value for name, value in details.items() if not isinstance(value, str)}
    cost = said.get("cost_usd")
    return Usage(
        prompt_tokens=int(said.get("prompt_tokens", 0)),
        completion_tokens=int(said.get("completion_tokens", 0)),
        cost_usd=None if cost is None else float(cost),
    )


def error_with_kept_text(error: GrokTreeError, response_id: str, message: str) -> GrokTreeError:
    """Return an error that says which response was cut, and what was kept of it."""
    kept = {"response_id": response_id, "partial": message[:_SHOWN_CHARACTERS]}
    return type(error)(error.message, **{**error.details, **kept})
