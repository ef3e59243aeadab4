"""Values of ours in the words that answers and chunks of answers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from grok_tree.forest import (
    FUNCTION,
    Citation,
    FinishReason,
    Response,
    TokenLogprob,
    Usage,
    ticks_of,
)
from grok_tree.server.xai._schema import Schema

_FINISH_REASONS: dict[FinishReason, str] = {
    "stop": "REASON_STOP",
    "length": "REASON_MAX_LEN",
    "context": "REASON_MAX_CONTEXT",
    "tool_calls": "REASON_TOOL_CALLS",
}
"""What is not here was cut, for which the schema has no word but that of no reason."""

_OWN = "xai/"
"""What xAI leaves out of the names of its own models."""


def model_word(name: str) -> str:
    """Return the name of a model as clients of xAI know it."""
    return name.removeprefix(_OWN)


def finish_word(schema: Schema, reason: FinishReason | None) -> int:
    """Return why an answer ends."""
    word = _FINISH_REASONS.get(reason, "REASON_INVALID") if reason else "REASON_INVALID"
    number: int = schema.sample.FinishReason.Value(word)
    return number


def fingerprint_word(responses: Iterable[Response]) -> str:
    """Return what the provider says of its system, if it does."""
    found = (one.origin.provenance.get("system_fingerprint", "") for one in responses)
    return next(filter(None, found), "")


def logprobs_word(schema: Schema, logprobs: Iterable[TokenLogprob]) -> Any:
    """Return log-probabilities of tokens; None where there are none."""
    content = [_logprob(schema, one) for one in logprobs]
    return schema.chat.LogProbs(content=content) if content else None


def usage_word(schema: Schema, responses: Sequence[Response]) -> Any:
    """Return what siblings used together; the prompt is the same for all, and counts once."""
    usages = [one.usage for one in responses]
    found = _counted(schema, usages, together=max)
    found.server_side_tools_used.extend(_tools_used(schema, responses))
    return found


def usage_of_prompts(schema: Schema, usages: Sequence[Usage]) -> Any:
    """Return what continuations used together, each of a prompt of its own."""
    return _counted(schema, usages, together=sum)


def _counted(
    schema: Schema, usages: Sequence[Usage], *, together: Callable[[list[int]], int]
) -> Any:
    prompt = together([one.prompt_tokens for one in usages])
    completion = sum(one.completion_tokens for one in usages)
    reasoning = sum(one.reasoning_tokens for one in usages)
    costs = [one.cost_usd for one in usages if one.cost_usd is not None]
    return schema.usage.SamplingUsage(
        prompt_tokens=_int32(prompt),
        prompt_text_tokens=_int32(prompt),
        cached_prompt_text_tokens=_int32(together([one.cached_prompt_tokens for one in usages])),
        completion_tokens=_int32(completion),
        reasoning_tokens=_int32(reasoning),
        total_tokens=_int32(prompt + completion + reasoning),
        cost_in_usd_ticks=ticks_of(sum(costs)) if len(costs) == len(usages) else None,
    )


def source_words(responses: Iterable[Response]) -> list[str]:
    """Return the addresses of all sources, each once."""
    return list(dict.fromkeys(one.url for response in responses for one in response.citations))


def inline_word(schema: Schema, citation: Citation, number: int) -> Any:
    """Return a source at its place in the text; None for a source of the whole."""
    if citation.begin is None:
        return None
    return schema.chat.InlineCitation(
        id=str(number),
        start_index=citation.begin,
        end_index=citation.begin if citation.end is None else citation.end,
        web_citation=schema.chat.WebCitation(url=citation.url),
    )


def file_words(schema: Schema, responses: Iterable[Response]) -> list[Any]:
    """Return the files that models made, which the service of files gives."""
    return [
        schema.chat.OutputFile(file_id=one.file_id or one.url, name=one.name)
        for response in responses
        for one in response.attachments
    ]


def _tools_used(schema: Schema, responses: Iterable[Response]) -> Iterable[int]:
    known = dict(schema.usage.ServerSideTool.items())
    for response in responses:
        for call in response.tool_calls:
            number = known.get(f"SERVER_SIDE_TOOL_{call.kind.upper()}")
            if call.kind != FUNCTION and number is not None:
                yield number


def _logprob(schema: Schema, one: TokenLogprob) -> Any:
    others = [
        schema.chat.TopLogProb(token=other.text, logprob=other.logprob, bytes=other.text.encode())
        for other in one.alternatives
    ]
    return schema.chat.LogProb(
        token=one.text, logprob=one.logprob, bytes=one.text.encode(), top_logprobs=others
    )


def _int32(count: int) -> int:
    return min(count, 2**31 - 1)
