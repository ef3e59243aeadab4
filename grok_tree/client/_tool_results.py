"""What tools gave for the calls of an answer, as responses below it."""

from __future__ import annotations

from collections.abc import Mapping

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import FUNCTION, Origin, Response, ResponseDraft


def tool_drafts(answer: Response, results: Mapping[str, str]) -> list[ResponseDraft]:
    """Return one response a result, each below the one before, the first below the answer.

    Raises:
        InvalidOperationError: The answer made no such call, or there are no results.
    """
    called = [call.call_id for call in answer.tool_calls if call.kind == FUNCTION]
    unknown = [call_id for call_id in results if call_id not in called]
    if unknown or not results:
        what = f"made no call {unknown[0]!r}" if unknown else "needs at least one result"
        raise InvalidOperationError(
            f"response {answer.response_id} {what}; its calls are: {', '.join(called) or 'none'}",
            response_id=answer.response_id,
        )
    return [
        ResponseDraft(
            sender="tool",
            message=result,
            tool_call_id=call_id,
            parent_response_id=None if place else answer.response_id,
            parent_index=place - 1 if place else None,
            origin=Origin(kind="manual"),
        )
        for place, (call_id, result) in enumerate(results.items())
    ]
