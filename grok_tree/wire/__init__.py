"""The wire schema in Python: messages, converters to the values of the forest, errors as statuses.

The only room that knows the generated code; `pb` are its messages, `ForestsStub` and
`ForestsServicer` its service. The schema of the original SDK is in `grok_tree.wire.original`.
"""

from grok_tree.wire._budgets import (
    budget_from_wire,
    budget_to_wire,
    ceiling_from_wire,
    ceiling_to_wire,
)
from grok_tree.wire._errors import (
    ERROR_KEY,
    STATUSES,
    error_from_call,
    error_from_wire,
    error_to_wire,
    status_of,
)
from grok_tree.wire._events import (
    EventReader,
    finished_from_wire,
    logprob_to_wire,
    logprobs_from_wire,
    pack_events,
)
from grok_tree.wire._facts import (
    marks_from_wire,
    marks_to_wire,
    origin_from_wire,
    origin_to_wire,
    settings_from_wire,
    settings_to_wire,
    time_from_wire,
    time_to_wire,
    timing_from_wire,
    timing_to_wire,
    usage_from_wire,
    usage_to_wire,
)
from grok_tree.wire._health import health_from_wire, health_to_wire
from grok_tree.wire._loops import share_grpc
from grok_tree.wire._parts import attachment_from_wire, attachment_to_wire
from grok_tree.wire._raw import (
    complete_to_wire,
    inputs_from_wire,
    token_name_from_wire,
    vector_pages,
)
from grok_tree.wire._responses import (
    INLINE_BYTES,
    draft_from_wire,
    draft_to_wire,
    iter_pieces,
    response_from_wire,
    response_to_wire,
    responses_to_wire,
)
from grok_tree.wire._values import (
    change_from_wire,
    change_to_wire,
    conversation_from_wire,
    conversation_to_wire,
    hit_from_wire,
    hit_to_wire,
    mark_change_from_wire,
    mark_change_to_wire,
    model_from_wire,
    model_to_wire,
    share_from_wire,
    share_to_wire,
)
from grok_tree.wire.v1 import forests_pb2 as pb
from grok_tree.wire.v1.forests_pb2_grpc import (
    ForestsServicer,
    ForestsStub,
    add_ForestsServicer_to_server,
)

__all__ = [
    "ERROR_KEY",
    "INLINE_BYTES",
    "STATUSES",
    "EventReader",
    "ForestsServicer",
    "ForestsStub",
    "add_ForestsServicer_to_server",
    "attachment_from_wire",
    "attachment_to_wire",
    "budget_from_wire",
    "budget_to_wire",
    "ceiling_from_wire",
    "ceiling_to_wire",
    "change_from_wire",
    "change_to_wire",
    "complete_to_wire",
    "conversation_from_wire",
    "conversation_to_wire",
    "draft_from_wire",
    "draft_to_wire",
    "error_from_call",
    "error_from_wire",
    "error_to_wire",
    "finished_from_wire",
    "health_from_wire",
    "health_to_wire",
    "hit_from_wire",
    "hit_to_wire",
    "inputs_from_wire",
    "iter_pieces",
    "logprob_to_wire",
    "logprobs_from_wire",
    "mark_change_from_wire",
    "mark_change_to_wire",
    "marks_from_wire",
    "marks_to_wire",
    "model_from_wire",
    "model_to_wire",
    "origin_from_wire",
    "origin_to_wire",
    "pack_events",
    "pb",
    "response_from_wire",
    "response_to_wire",
    "responses_to_wire",
    "settings_from_wire",
    "settings_to_wire",
    "share_from_wire",
    "share_grpc",
    "share_to_wire",
    "status_of",
    "time_from_wire",
    "time_to_wire",
    "timing_from_wire",
    "timing_to_wire",
    "token_name_from_wire",
    "usage_from_wire",
    "usage_to_wire",
    "vector_pages",
]
