"""Forests with anything in their fields, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import strategies as st

from grok_tree.forest import (
    NO_PARENT,
    NO_TIME,
    Conversation,
    ConversationId,
    FinishReason,
    Forest,
    HeldResponses,
    Marks,
    Origin,
    OriginKind,
    Response,
    ResponseId,
    Sender,
    Settings,
    Timing,
    Usage,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
TIMES = (
    st.floats(-6e10, 2.5e11)
    .map(lambda seconds: _EPOCH + timedelta(seconds=seconds))
    .filter(lambda time: time != NO_TIME)
)
_COUNTS = st.integers(0, 2**40)
_AMOUNTS = st.floats(0, 1e9, allow_nan=False)
_IDS = st.uuids().map(str)


def _maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


SETTINGS = st.builds(
    Settings,
    temperature=_maybe(_AMOUNTS),
    seed=_maybe(_COUNTS),
    stop=st.lists(TEXTS.filter(bool), max_size=2).map(tuple),
    logprobs=st.booleans(),
)
USAGES = st.builds(Usage, prompt_tokens=_COUNTS, cost_usd=_maybe(_AMOUNTS))
TIMINGS = st.builds(Timing, first_token_s=_maybe(_AMOUNTS), duration_s=_AMOUNTS)
ORIGINS = st.builds(
    Origin,
    kind=st.sampled_from(get_args(OriginKind)),
    of=_maybe(_IDS),
    offset=_maybe(st.integers(0, 2**32 - 1)),
    repairs=st.lists(TEXTS, max_size=2).map(tuple),
    provenance=st.dictionaries(TEXTS, TEXTS, max_size=2),
)
MARKS = st.builds(
    Marks,
    starred=st.booleans(),
    tags=st.lists(TEXTS, max_size=2).map(tuple),
    note=TEXTS,
    scores=st.dictionaries(TEXTS, _AMOUNTS, max_size=2),
    times=st.dictionaries(TEXTS, TIMES, max_size=2),
)


@st.composite
def forests(draw: st.DrawFn) -> Forest:
    """Draw a forest of up to eight responses."""
    ids = draw(st.lists(_IDS, max_size=8, unique=True))
    parents = [draw(st.integers(NO_PARENT, number - 1)) for number in range(len(ids))]
    responses = [
        draw(
            st.builds(
                Response,
                response_id=st.just(ResponseId(response_id)),
                conversation_id=st.just(ConversationId("c")),
                parent_response_id=st.just(None if parent == NO_PARENT else ids[parent]),
                sender=st.sampled_from(get_args(Sender)),
                message=TEXTS,
                create_time=TIMES,
                reasoning=TEXTS,
                manual=st.booleans(),
                partial=st.booleans(),
                finish_reason=_maybe(st.sampled_from(get_args(FinishReason))),
                settings=SETTINGS,
                usage=USAGES,
                timing=TIMINGS,
                origin=ORIGINS,
                marks=MARKS,
                position=st.just(number),
                revision=_COUNTS,
            )
        )
        for number, (response_id, parent) in enumerate(zip(ids, parents, strict=True))
    ]
    conversation = draw(
        st.builds(
            Conversation,
            conversation_id=st.just(ConversationId("c")),
            create_time=TIMES,
            modify_time=TIMES,
            title=TEXTS,
            system_prompt=TEXTS,
            leaf_response_id=_maybe(st.sampled_from(ids)) if ids else st.none(),
            n_responses=st.just(len(ids)),
        )
    )
    return Forest(conversation, parents, HeldResponses(responses))
