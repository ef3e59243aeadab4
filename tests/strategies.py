"""Arbitrary values of the forest, for property tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

from hypothesis import strategies as st

from grok_tree.forest import (
    Attachment,
    Citation,
    Cited,
    Conversation,
    ConversationId,
    FinishReason,
    Marks,
    Origin,
    OriginKind,
    Pictured,
    ReasoningEffort,
    Response,
    ResponseDraft,
    ResponseId,
    Searched,
    Sender,
    Settings,
    Timing,
    Tool,
    ToolCall,
    ToolCalled,
    Usage,
    uuid7_text,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
names = st.text("abcdefgh_", min_size=1, max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
ids = st.builds(uuid7_text, st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1)).map(ResponseId)
conversation_ids = ids.map(ConversationId)
times = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - the time zone is drawn apart
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
counts = st.integers(0, 2**31)

tools = st.builds(Tool, name=names, description=texts, parameters=texts, kind=names)
tool_calls = st.builds(ToolCall, call_id=texts, name=texts, arguments=texts, kind=names)
citations = st.builds(
    Citation, url=texts, title=texts, begin=st.none() | counts, end=st.none() | counts
)
attachments = st.builds(
    Attachment, file_id=names, url=texts, media_type=names, name=texts, n_bytes=counts
)
indices = st.integers(0, 3)
parts = st.one_of(
    st.builds(Searched, texts, names, indices),
    st.builds(ToolCalled, tool_calls, indices),
    st.builds(Cited, citations, indices),
    st.builds(Pictured, attachments, indices),
)

settings = st.builds(
    Settings,
    temperature=st.none() | st.floats(0, 5),
    top_p=st.none() | st.floats(0.01, 1),
    min_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(0, 1000),
    max_tokens=st.none() | st.integers(1, 10_000),
    seed=st.none() | st.integers(0, 2**63 - 1),
    stop=st.lists(texts, max_size=3).map(tuple),
    logprobs=st.booleans(),
    top_logprobs=st.integers(0, 20),
    frequency_penalty=st.none() | st.floats(-2, 2),
    presence_penalty=st.none() | st.floats(-2, 2),
    reasoning_effort=st.none() | st.sampled_from(get_args(ReasoningEffort)),
    response_format=texts,
    tools=st.lists(tools, max_size=2).map(tuple),
    tool_choice=names,
)
usages = st.builds(
    Usage,
    prompt_tokens=counts,
    cached_prompt_tokens=counts,
    completion_tokens=counts,
    reasoning_tokens=counts,
    cost_usd=st.none() | st.floats(0, 100),
    estimated=st.booleans(),
)
timings = st.builds(
    Timing, first_token_s=st.none() | st.floats(0, 100), duration_s=st.floats(0, 1000)
)
optional_names = st.none() | names
origins = st.builds(
    Origin,
    kind=st.sampled_from(get_args(OriginKind)),
    of=st.none() | ids,
    offset=st.none() | counts,
    forced=texts,
    system_prompt=st.none() | texts,
    format=optional_names,
    original_id=optional_names,
    repairs=st.lists(texts, max_size=2).map(tuple),
    run=optional_names,
    cell=optional_names,
    door=optional_names,
    client=optional_names,
    provenance=st.dictionaries(names, texts, max_size=2),
)
marks = st.builds(
    Marks,
    starred=st.booleans(),
    tags=st.lists(names, max_size=3, unique=True).map(sorted).map(tuple),
    note=texts,
    scores=st.dictionaries(names, numbers, max_size=2),
    times=st.dictionaries(names, times, max_size=2),
)
_content: dict[str, Any] = {
    "sender": st.sampled_from(get_args(Sender)),
    "message": texts,
    "reasoning": texts,
    "partial": st.booleans(),
    "query": texts,
    "query_type": texts,
    "attachments": st.lists(attachments, max_size=2).map(tuple),
    "tool_calls": st.lists(tool_calls, max_size=2).map(tuple),
    "tool_call_id": texts,
    "citations": st.lists(citations, max_size=2).map(tuple),
    "encrypted_reasoning": texts,
    "model_name": texts,
    "finish_reason": st.none() | st.sampled_from(get_args(FinishReason)),
    "settings": settings,
    "usage": usages,
    "timing": timings,
    "origin": origins,
    "marks": marks,
}
responses = st.builds(
    Response,
    response_id=ids,
    conversation_id=conversation_ids,
    parent_response_id=st.none() | ids,
    create_time=times,
    manual=st.booleans(),
    shared=st.booleans(),
    position=counts,
    revision=counts,
    deleted=st.booleans(),
    **_content,
)
drafts = st.builds(
    ResponseDraft,
    parent_response_id=st.none() | ids,
    parent_index=st.none() | counts,
    create_time=st.none() | times,
    **_content,
)
conversations = st.builds(
    Conversation,
    conversation_id=conversation_ids,
    create_time=times,
    modify_time=times,
    title=texts,
    starred=st.booleans(),
    model_name=texts,
    system_prompt=texts,
    system_prompt_name=texts,
    revision=counts,
    leaf_response_id=st.none() | ids,
    deleted=st.booleans(),
    n_responses=counts,
)


@st.composite
def parents_of_forests(draw: st.DrawFn, most: int = 60) -> list[int]:
    """Parents of a forest of any shape, the empty one included."""
    size = draw(st.integers(0, most))
    return [draw(st.integers(-1, place - 1)) for place in range(size)]
